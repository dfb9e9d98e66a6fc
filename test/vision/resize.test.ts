import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import { parseManifest } from '../../components/inference-agent/model-package/schema.ts';
import type { InputSpec } from '../../components/inference-agent/model-package/schema.ts';
import { Preprocessor } from '../../components/inference-agent/vision/tensor/preprocessor.ts';
import reference from './reference/resize-reference.gen.json' with { type: 'json' };

/** The formula of make_resize_reference.py. */
function syntheticImage(width: number, height: number, channels: 1 | 3) {
  const data = new Uint8Array(width * height * channels);
  for (let index = 0; index < data.length; index++) data[index] = Math.imul(index, 2654435761) >>> 24;
  return { width, height, channels, data };
}

function inputSpec(input: object): InputSpec {
  return parseManifest({
    schemaVersion: 1,
    name: 'M',
    version: '1',
    task: 'tensor',
    input,
    output: { decoder: 'tensor' },
    variants: [{ file: 'm.onnx' }],
  }).input;
}

describe('resizing', () => {
  it.each(reference.cases)(
    '$filter $from to $to with $channels channel(s) is that of the reference, bit for bit',
    (one) => {
      const [width, height] = one.from as [number, number];
      const [toWidth, toHeight] = one.to as [number, number];
      const channels = one.channels as 1 | 3;
      const spec = inputSpec({
        width: toWidth,
        height: toHeight,
        layout: 'NHWC',
        dtype: 'uint8',
        color: channels === 1 ? 'GRAY' : 'RGB',
        filter: one.filter,
      });
      const preprocessor = new Preprocessor(spec);
      preprocessor.fill(syntheticImage(width, height, channels));
      expect(createHash('sha256').update(preprocessor.data).digest('hex')).toBe(one.sha256);
    },
  );
});
