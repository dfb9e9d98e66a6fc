import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseManifest } from '#packages/model-package';
import type { InputSpec } from '#packages/model-package';
import { PlainResizer, Preprocessor, WasmResizer } from '#packages/vision';
import reference from '../../testing/vision/reference/resize-reference.gen.json' with { type: 'json' };
import stepsReference from '../../testing/vision/reference/steps-reference.gen.json' with { type: 'json' };

/** The formula of make_resize_reference.py. */
function syntheticImage(width: number, height: number, channels: number) {
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
  }).input!;
}

const plainly = (spec: InputSpec): Preprocessor =>
  new Preprocessor(spec, { makeResizer: (target) => new PlainResizer(target) });
const inWasm = (spec: InputSpec): Preprocessor =>
  // It does not have kernels for other channels than one or three.
  new Preprocessor(spec, { makeResizer: (target) => WasmResizer.create(target) ?? new PlainResizer(target) });

const bytesOf = ({ feed }: Preprocessor): Buffer => Buffer.from(feed.data.slice().buffer);

describe.each([
  ['in plain JavaScript', plainly],
  ['in WebAssembly', inWasm],
] as const)('resizing %s', (_name, create) => {
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
      const resizer = create(spec);
      resizer.fill(syntheticImage(width, height, channels));
      expect(createHash('sha256').update(bytesOf(resizer)).digest('hex')).toBe(one.sha256);
    },
  );
});

describe.each([
  ['in plain JavaScript', plainly],
  ['in WebAssembly', inWasm],
] as const)('steps %s', (_name, create) => {
  it.each(stepsReference.cases)('prepare $from as $by does, bit for bit', (one) => {
    const [width, height] = one.from as [number, number];
    const channels = 'channels' in one ? { channels: one.channels } : {};
    const preprocessor = create(inputSpec({ layout: 'NHWC', dtype: 'uint8', ...channels, steps: one.steps }));
    preprocessor.fill(syntheticImage(width, height, one.channels ?? 3));
    expect(preprocessor.feed.shape.slice(1, 3)).toEqual([...one.to].reverse());
    expect(createHash('sha256').update(bytesOf(preprocessor)).digest('hex')).toBe(one.sha256);
  });
});

it.each(stepsReference.deep)(
  '16 bits from $from to $to are those of OpenCV, to one step of 65535',
  ({ from, to, row }) => {
    const [width, height] = from as [number, number];
    const data = new Uint16Array(width * height);
    for (let index = 0; index < data.length; index++) data[index] = Math.imul(index, 2654435761) >>> 16;
    const preprocessor = plainly(inputSpec({ width: to[0], height: to[1], color: 'GRAY', bits: 16 }));
    preprocessor.fill({ width, height, channels: 1, data });
    const ours = Array.from(preprocessor.feed.data as Float32Array).slice(11 * to[0]!, 12 * to[0]!);
    // OpenCV multiplies and adds in one rounding if the processor can.
    expect(Math.max(...ours.map((value, x) => Math.abs(value - row[x]!)))).toBeLessThanOrEqual(1);
  },
);

describe('both resizers', () => {
  const input = fc.record({
    width: fc.integer({ min: 1, max: 40 }),
    height: fc.integer({ min: 1, max: 40 }),
    layout: fc.constantFrom('NCHW', 'NHWC'),
    dtype: fc.constantFrom('float32', 'float16', 'uint8', 'int8'),
    color: fc.constantFrom('RGB', 'BGR'),
    resize: fc.constantFrom('stretch', 'letterbox', 'center-crop'),
    align: fc.constantFrom('center', 'top-left'),
    cropFraction: fc.constantFrom(1, 0.875),
    filter: fc.constantFrom('bilinear', 'area', 'box', 'bicubic', 'lanczos'),
    mean: fc.constantFrom(0, [1, 2, 3]),
    std: fc.constantFrom(1, 255, [1, 2, 4]),
  });
  const image = fc.record({
    width: fc.integer({ min: 1, max: 90 }),
    height: fc.integer({ min: 1, max: 90 }),
    channels: fc.constantFrom(1 as const, 3 as const),
    /** Whether the decoder has put the pixels where the resizer wants them. */
    inPlace: fc.boolean(),
    /** Part of the whole image's size that was decoded. */
    shrink: fc.constantFrom(1, 2),
  });

  it('give the same tensors and places, image after image', () => {
    fc.assert(
      fc.property(input, fc.array(image, { minLength: 1, maxLength: 4 }), (spec, images) => {
        const plain = plainly(inputSpec(spec));
        const wasm = inWasm(inputSpec(spec));
        for (const { width, height, channels, inPlace, shrink } of images) {
          const pixels = syntheticImage(width, height, channels);
          const data = inPlace ? wasm.takePixels(pixels.data.length) : pixels.data;
          data.set(pixels.data);
          const size = { width: width * shrink, height: height * shrink };
          expect(wasm.fill({ ...pixels, data }, size)).toEqual(plain.fill(pixels, size));
          expect(bytesOf(wasm).equals(bytesOf(plain))).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('take images that are too large for the memory of the one, and ordinary ones after them', () => {
    const spec = inputSpec({ width: 16, height: 16, resize: 'letterbox' });
    const plain = plainly(spec);
    const wasm = inWasm(spec);
    for (const [width, height] of [
      [64, 48],
      [5_000, 3_500],
      [64, 48],
    ] as const) {
      const pixels = syntheticImage(width, height, 3);
      const room = wasm.takePixels(pixels.data.length);
      room.set(pixels.data);
      wasm.fill({ ...pixels, data: room }, pixels);
      plain.fill(pixels, pixels);
      expect(bytesOf(wasm).equals(bytesOf(plain))).toBe(true);
    }
  });
});
