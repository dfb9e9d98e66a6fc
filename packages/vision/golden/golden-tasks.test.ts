import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddingText } from '#packages/model-package';
import type { Prediction } from '#packages/model-package';
import { GREEN, plain } from '../../../testing/vision/images.ts';
import { modelFolder } from '../../../testing/vision/model-folder.ts';
import { constantModel } from '../../../testing/vision/onnx-builder.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { checkGolden } from './check-golden.ts';
import type { GoldenReport } from './check-golden.ts';

const SIDE = 64;
const input = { name: 'image', width: SIDE, height: SIDE, resize: 'letterbox', std: 255 };
const golden = [{ input: 'golden/green.png', expect: 'golden/green.json' }];
/** A hill of 16 × 16 cells, above 0 in the middle. */
const HILL = Array.from({ length: 256 }, (_, at) => 25 - ((at % 16) - 7.5) ** 2 - (Math.floor(at / 16) - 7.5) ** 2);

/** A model of each task that finds one bolt in the middle of every picture, in the file of its own. */
const TASKS = {
  pose: {
    output: { decoder: 'yolov8-pose', rows: 'finished', keypoints: [2, 3] },
    outputs: [{ name: 'output0', shape: [1, 1, 12], values: [16, 16, 48, 48, 0.9, 0, 20, 20, 0.9, 44, 44, 0.8] }],
    wrong: ({ keypoints = [] }: Prediction) => ({ keypoints: [[0.5, 0.5, 0.9], ...keypoints.slice(1)] }),
    says: 'key point 0',
  },
  'oriented-detection': {
    output: { decoder: 'yolov8-obb', rows: 'finished' },
    outputs: [{ name: 'output0', shape: [1, 1, 7], values: [32, 32, 30, 10, 0.9, 0, 0.5] }],
    wrong: ({ angle = 0 }: Prediction) => ({ angle: angle + 0.2 }),
    says: 'the angle',
  },
  'instance-segmentation': {
    output: { decoder: 'yolov8-seg', rows: 'finished', output: 'output0', prototypes: 'output1' },
    outputs: [
      { name: 'output0', shape: [1, 1, 7], values: [8, 8, 56, 56, 0.9, 0, 1] },
      { name: 'output1', shape: [1, 1, 16, 16], values: HILL },
    ],
    wrong: () => ({ mask: { polygons: [[0.1, 0.1, 0.4, 0.1, 0.4, 0.9]] } }),
    says: 'a mask that overlaps',
  },
  'semantic-segmentation': {
    output: { decoder: 'segmentation', backgroundClass: 1, activation: 'sigmoid' },
    outputs: [{ name: 'scores', shape: [1, 2, 16, 16], values: [...HILL, ...HILL.map((value) => -value)] }],
    wrong: ({ mask }: Prediction) => ({ mask: { polygons: [[0.1, 0.1, 0.4, 0.1, 0.4, 0.9]] }, was: mask }),
    says: 'a mask that overlaps',
  },
  anomaly: {
    output: { decoder: 'anomaly', score: 'score', map: 'map' },
    outputs: [
      { name: 'score', shape: [1], values: [0.8] },
      { name: 'map', shape: [1, 1, 16, 16], values: HILL },
    ],
    wrong: () => ({ heatMap: { size: [16, 16], values: Buffer.alloc(256).toString('base64') } }),
    says: 'a heat map with',
  },
  embedding: {
    output: { decoder: 'embedding' },
    outputs: [{ name: 'embedding', shape: [1, 4], values: [3, 0, 4, 0] }],
    wrong: () => ({ embedding: embeddingText(Float32Array.of(0.6, 0.5, 0.8, 0)) }),
    says: 'an embedding whose cosine',
  },
  'text-recognition': {
    output: { decoder: 'ctc', dictionary: 'dictionary.txt' },
    outputs: [{ name: 'probs', shape: [1, 3, 3], values: [0, 0.9, 0, 0.9, 0, 0, 0, 0, 0.9] }],
    wrong: () => ({ text: 'M3' }),
    says: 'reads "M8" instead of "M3"',
  },
} as const;

describe.each(Object.entries(TASKS))('the golden test of a model for %s', (task, { output, outputs, wrong, says }) => {
  let answer: readonly Prediction[];
  let check: (expected: readonly object[]) => Promise<GoldenReport>;
  const folders: Awaited<ReturnType<typeof modelFolder>>[] = [];
  const models: LoadedModel[] = [];

  beforeAll(async () => {
    const image = new Uint8Array(await plain(GREEN).png().toBuffer());
    const onnx = constantModel({ name: 'image', shape: [1, 3, SIDE, SIDE] }, outputs);
    check = async (expected) => {
      const files = {
        'model.onnx': onnx,
        'golden/green.png': image,
        'golden/green.json': JSON.stringify(expected),
        'dictionary.txt': 'M\n8\n',
      };
      const folder = await modelFolder(
        { task, input, output, golden },
        files,
        ['anomaly', 'embedding'].includes(task) ? undefined : ['bolt'],
      );
      folders.push(folder);
      const model = await folder.load();
      models.push(model);
      answer = (await model.infer(new Uint8Array(image))).predictions;
      return checkGolden(model, folder.manifest, folder.files);
    };
    await check([]);
  });
  afterAll(async () => {
    for (const model of models) await model.close();
    for (const folder of folders) await folder.remove();
  });

  it('passes with what it gives, and fails for one number that is wrong', async () => {
    expect(answer).toHaveLength(1);
    expect(await check(answer)).toMatchObject({ passed: true });
    const report = await check([{ ...answer[0], ...wrong(answer[0]!) }]);
    expect(report.passed).toBe(false);
    expect(report.summary).toContain(says);
    expect(await check([{ ...answer[0], score: answer[0]!.score - 0.2 }])).toMatchObject({ passed: false });
  });
});
