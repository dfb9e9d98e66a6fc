import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SAMPLES } from '../../../testing/device/samples.ts';
import { buildOnnx } from '../../../testing/vision/onnx-builder.ts';
import { DroppedModels } from './dropped-models.ts';

/** A finished detector that finds classes 0 and 1 in every picture; from its graph nobody can tell from where it counts. */
function detector(): Uint8Array {
  const weight = (name: string, shape: readonly number[], values: readonly number[]) => ({ name, shape, values });
  return buildOnnx({
    inputs: [{ name: 'image', shape: [1, 3, 8, 8] }],
    outputs: [
      { name: 'detection_boxes', shape: [1, 2, 4] },
      { name: 'detection_classes', shape: [1, 2] },
      { name: 'detection_scores', shape: [1, 2] },
    ],
    nodes: [
      { op: 'Relu', inputs: ['boxes'], outputs: ['detection_boxes'] },
      { op: 'Relu', inputs: ['classes'], outputs: ['detection_classes'] },
      { op: 'Relu', inputs: ['scores'], outputs: ['detection_scores'] },
    ],
    weights: [
      weight('boxes', [1, 2, 4], [0.1, 0.1, 0.4, 0.4, 0.6, 0.6, 0.9, 0.9]),
      weight('classes', [1, 2], [0, 1]),
      weight('scores', [1, 2], [0.9, 0.8]),
    ],
  });
}

describe('DroppedModels', () => {
  let folder: string;
  const served: string[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-dropped-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('moves labels that begin with the background once a model finds that, and serves it so', async () => {
    const agent = { activate: async ({ path: at }: { readonly path: string }) => void served.push(at) };
    const models = await DroppedModels.open({
      folder: path.join(folder, 'tries'),
      agent: agent as never,
      signal: new AbortController().signal,
    });
    const { id } = await models.add('street.onnx', Readable.from([detector()]));
    await models.label(id, 'background\ncar\nbus\n');

    const { predictions } = await models.answer(id, await readFile(path.join(SAMPLES, 'belt-01.jpg')));

    expect(predictions.map(({ label }) => label)).toEqual(['car', 'bus']);
    await models.serve(id);
    const manifest = JSON.parse(await readFile(path.join(served[0]!, 'model.json'), 'utf8')) as object;
    expect(manifest).toMatchObject({ output: { classOffset: 1 } });
  });
});
