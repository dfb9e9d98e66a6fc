import { afterEach, describe, expect, it } from 'vitest';

import type { Inference } from '../loaded-model.ts';
import { GREEN, RED, plain } from '../../../testing/vision/images.ts';
import { modelFolder } from '../../../testing/vision/model-folder.ts';
import type { ModelFolder } from '../../../testing/vision/model-folder.ts';
import { checkGolden } from './check-golden.ts';
import type { GoldenModel } from './check-golden.ts';

let folder: ModelFolder | undefined;
afterEach(async () => {
  await folder?.remove();
  folder = undefined;
});

const GOLDEN = [{ input: 'golden/red.png', expect: 'golden/red.json', scoreTolerance: 0.01 }];
const RIGHT = JSON.stringify([{ classId: 0, label: 'red', score: 1 }]);

async function redPackage(expected: string, changes: object = {}): Promise<ModelFolder> {
  const image = await plain(RED).png().toBuffer();
  return (folder = await modelFolder(
    { golden: GOLDEN, ...changes },
    { 'golden/red.png': image, 'golden/red.json': expected },
  ));
}

async function check(expected: string, changes: object = {}) {
  const { files, manifest, load } = await redPackage(expected, changes);
  const model = await load();
  try {
    return await checkGolden(model, manifest, files);
  } finally {
    await model.close();
  }
}

describe('checkGolden', () => {
  it('passes a model that gives what the package expects', async () => {
    const report = await check(RIGHT);
    expect(report).toMatchObject({ passed: true, summary: '1 golden cases passed' });
    expect(report.cases[0]).toMatchObject({ input: 'golden/red.png', passed: true, differences: [] });
    expect(report.cases[0]?.latencyMs).toBeGreaterThan(0);
  });

  it('fails a model that gives something else, and says what', async () => {
    const report = await check(JSON.stringify([{ classId: 1, label: 'green', score: 1 }]));
    expect(report.passed).toBe(false);
    expect(report.summary).toContain('golden/red.png: class 1 (green) scores 0 instead of 1');
  });

  it('passes a package without golden cases', async () => {
    expect((await check(RIGHT, { golden: [] })).passed).toBe(true);
  });

  it.each([
    ['not JSON', '{'],
    ['no array', '{"classId":1}'],
    ['a list of texts', '["a"]'],
    ['without a whole class', '[{"classId":1.5,"label":"a","score":1}]'],
    ['without a label', '[{"classId":1,"score":1}]'],
    ['without a score', '[{"classId":1,"label":"a","score":"1"}]'],
    ['a box of three', '[{"classId":1,"label":"a","score":1,"box":[0,0,1]}]'],
    ['a box in pixels', '[{"classId":1,"label":"a","score":1,"box":[0,0,100,100]}]'],
  ])('refuses expectations that are %s', async (_what, text) => {
    await expect(check(text)).rejects.toMatchObject({
      code: 'model.golden-unusable',
      facts: { file: 'golden/red.json' },
    });
  });

  it('refuses a golden input that is not an image', async () => {
    const { files, manifest, load } = (folder = await modelFolder(
      { golden: GOLDEN },
      { 'golden/red.png': 'text', 'golden/red.json': RIGHT },
    ));
    const model = await load();
    await expect(checkGolden(model, manifest, files)).rejects.toMatchObject({
      code: 'model.golden-unusable',
      facts: { file: 'golden/red.png' },
    });
    await model.close();
  });
});

describe('the bound on latency', () => {
  const slow = (times: number[]): GoldenModel => ({
    inputs: [],
    outputs: [],
    inferTensors: () => Promise.reject(new Error('it takes images')),
    infer: async (): Promise<Inference> => ({
      image: { width: 16, height: 16 },
      predictions: [{ classId: 0, label: 'red', score: 1 }],
      timings: { decodeMs: 0, preprocessMs: 0, runMs: 0, postprocessMs: 0, totalMs: times.shift() ?? 99 },
    }),
  });

  it('counts the fastest run, because any run can be late', async () => {
    const { files, manifest } = await redPackage(RIGHT, { golden: [{ ...GOLDEN[0], maxLatencyMs: 20 }] });
    expect((await checkGolden(slow([80, 30, 15]), manifest, files)).passed).toBe(true);
    const report = await checkGolden(slow([80, 30, 25, 40]), manifest, files);
    expect(report.cases[0]?.differences).toEqual(['it takes 25.0 ms, and 20 ms are allowed']);
  });

  it('may come from outside as well', async () => {
    const { files, manifest } = await redPackage(RIGHT);
    expect((await checkGolden(slow([80, 70, 60, 50]), manifest, files, { maxLatencyMs: 40 })).passed).toBe(false);
  });

  it('judges right answers on a model that is loaded wrongly', async () => {
    const green = await plain(GREEN).png().toBuffer();
    const { files, manifest, load } = (folder = await modelFolder(
      { golden: GOLDEN },
      { 'golden/red.png': green, 'golden/red.json': RIGHT },
    ));
    const model = await load();
    expect((await checkGolden(model, manifest, files)).passed).toBe(false);
    await model.close();
  });
});
