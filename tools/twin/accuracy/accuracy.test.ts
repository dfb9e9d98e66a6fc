import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Prediction } from '#packages/model-package';
import { checksOf } from '../checks.ts';
import type { Bounds, DeploymentReport, ModelReport } from '../report/twin-report.ts';
import { meanAveragePrecision } from './average-precision.ts';
import { readHeldBack } from './held-back-set.ts';
import type { Box, TrueObject } from './held-back-set.ts';
import { measureAccuracy } from './measure-accuracy.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-held-back-'));
});
afterEach(() => rm(folder, { recursive: true }));

const object = (label: string, ...box: Box): TrueObject => ({ label, box });
const found = (label: string, score: number, ...box: Box): Prediction => ({ classId: 0, label, score, box });

describe('meanAveragePrecision', () => {
  it('is 1 if each object is found once, and the mean over the labels that occur', () => {
    const nut = object('nut', 0, 0, 0.5, 0.5);
    expect(meanAveragePrecision([[nut]], [[found('nut', 0.9, 0, 0, 0.5, 0.5)]])).toBe(1);
    const bolt = object('bolt', 0.5, 0.5, 1, 1);
    expect(meanAveragePrecision([[nut, bolt]], [[found('nut', 0.9, 0, 0, 0.5, 0.5)]])).toBe(0.5);
    expect(meanAveragePrecision([[nut]], [[found('washer', 0.9, 0, 0, 0.5, 0.5)]])).toBe(0);
    expect(meanAveragePrecision([[]], [[]])).toBe(0);
  });

  it('follows the worked points of precision and recall', () => {
    // Ranked: right, wrong, right; two of three objects: precision 1 up to recall 1/3, then 2/3 up to 2/3.
    const truth = [[object('nut', 0, 0, 0.1, 0.1)], [object('nut', 0, 0, 0.1, 0.1), object('nut', 0.8, 0.8, 0.9, 0.9)]];
    const answers = [
      [found('nut', 0.9, 0, 0, 0.1, 0.1), found('nut', 0.8, 0.4, 0.4, 0.5, 0.5)],
      [found('nut', 0.7, 0, 0, 0.1, 0.1)],
    ];
    expect(meanAveragePrecision(truth, answers)).toBeCloseTo(1 / 3 + (1 / 3) * (2 / 3), 10);
  });

  it('counts a second box on an object, and a box that overlaps too little, as mistakes', () => {
    const truth = [[object('nut', 0, 0, 0.5, 0.5), object('nut', 0.5, 0.5, 1, 1)]];
    const twice = [[found('nut', 0.9, 0, 0, 0.5, 0.5), found('nut', 0.8, 0, 0, 0.5, 0.5)]];
    expect(meanAveragePrecision(truth, twice)).toBe(0.5);
    expect(meanAveragePrecision([[object('nut', 0, 0, 0.5, 0.5)]], [[found('nut', 0.9, 0.3, 0, 0.8, 0.5)]])).toBe(0);
  });
});

describe('held-back set', () => {
  it('is a folder for each label, and its accuracy the share of right first labels', async () => {
    for (const [name, content] of [
      ['gear/1.jpg', 'gear'],
      ['gear/2.png', 'bolt'],
      ['bolt/1.jpg', 'bolt'],
      ['bolt/notes.txt', ''],
      ['bolt/2.jpg', 'broken'],
    ] as const) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), content);
    }
    const set = await readHeldBack(folder);
    if (!set) throw new Error('there is no set');
    const report = await measureAccuracy(set, new AbortController().signal, async (bytes) => {
      const label = Buffer.from(bytes).toString();
      if (label === 'broken') throw new Error('no picture');
      return [found(label, 0.9, 0, 0, 1, 1), found('gear', 0.1, 0, 0, 1, 1)];
    });
    expect(report).toEqual({ metric: 'top-1', value: 0.5, images: 4, failures: ['2.jpg: no picture'] });
  });

  it('is annotations.json of COCO for a detector', async () => {
    await writeFile(path.join(folder, 'belt.jpg'), 'x');
    const coco = {
      info: {},
      images: [{ id: 3, file_name: 'train/belt.jpg', width: 200, height: 100 }],
      annotations: [{ id: 1, image_id: 3, category_id: 7, bbox: [20, 10, 100, 50], iscrowd: 0 }],
      categories: [{ id: 7, name: 'nut', supercategory: '' }],
    };
    await writeFile(path.join(folder, 'annotations.json'), JSON.stringify(coco));
    const set = await readHeldBack(folder);
    expect(set).toEqual({
      kind: 'boxes',
      pictures: [
        { file: path.join(folder, 'belt.jpg'), objects: [{ label: 'nut', box: [0.1, 0.1, 0.6, expect.closeTo(0.6)] }] },
      ],
    });
    const report = await measureAccuracy(set!, new AbortController().signal, async () => [
      found('nut', 0.9, 0.1, 0.1, 0.6, 0.6),
    ]);
    expect(report).toMatchObject({ metric: 'mAP@0.5', value: 1, images: 1 });
  });

  it('may be empty, but nothing else', async () => {
    expect(await readHeldBack(folder)).toBeUndefined();
    await writeFile(path.join(folder, 'one.jpg'), '');
    await expect(readHeldBack(folder)).rejects.toMatchObject({ code: 'twin.held-back' });
    await expect(readHeldBack(path.join(folder, 'none'))).rejects.toMatchObject({ code: 'twin.held-back' });
    for (const text of [
      '{',
      '{"images": [{}]}',
      JSON.stringify({
        images: [{ id: 1, file_name: 'a', width: 1, height: 1 }],
        annotations: [{ image_id: 1, category_id: 2, bbox: [0, 0, 1, 1] }],
        categories: [],
      }),
    ]) {
      await writeFile(path.join(folder, 'annotations.json'), text);
      await expect(readHeldBack(folder)).rejects.toMatchObject({ code: 'twin.held-back' });
    }
  });
});

describe('bounds of the twin', () => {
  const deployment: DeploymentReport = { status: 'SUCCEEDED', seconds: 1, components: [] };
  const model = (more: Partial<ModelReport>): ModelReport => ({
    alias: 'Nuts',
    name: 'Nuts',
    version: '1.0.0',
    hash: '',
    provider: 'cpu',
    variant: 'model.onnx',
    requestedProviders: [],
    fallbacks: [],
    golden: [{ input: 'one.jpg', passed: true, differences: [], predictions: [], ms: 1 }],
    latency: { images: 1, requests: 1, failures: [], p50: 9, p95: 9, max: 9, samples: [9] },
    accuracy: { metric: 'top-1', value: 0.91, images: 100, failures: [] },
    ...more,
  });
  const memory = [{ component: 'edgeml.InferenceAgent', processes: 1, peakBytes: 300e6 }];
  const failed = (more: Partial<ModelReport>, bounds: Partial<Bounds> = {}) =>
    checksOf(deployment, [model(more)], memory, { requireProvider: false, ...bounds })
      .filter(({ passed }) => !passed)
      .map(({ suite, message }) => `${suite}: ${message}`);

  it('come from the model and from the plan, and the stricter one holds', () => {
    expect(failed({})).toEqual([]);
    expect(failed({ acceptance: { minAccuracy: 0.95 } })).toEqual([
      'accuracy: 0.91 on 100 held-back pictures; 0.95 is wanted',
    ]);
    expect(failed({ acceptance: { minAccuracy: 0.5 } }, { minAccuracy: 0.92 })).toHaveLength(1);
    expect(failed({ acceptance: { maxP95Ms: 5 } }, { maxP95Ms: 100 })).toEqual([
      expect.stringMatching(/^latency: .*5 ms are allowed$/),
    ]);
    expect(failed({ acceptance: { maxMemoryMb: 200 } }, { maxMemoryMb: 400 })).toEqual([
      'memory: 300 MB at their peak; 200 MB are allowed',
    ]);
    expect(failed({ acceptance: { maxP95Ms: 50 } }, { maxP95Ms: 5 })).toHaveLength(1);
  });

  it('on the accuracy are not kept by a model that nobody measured, or that leaves pictures unanswered', () => {
    const { accuracy, ...rest } = model({ acceptance: { minAccuracy: 0.5 } });
    const [check] = checksOf(deployment, [rest], memory, { requireProvider: false }).filter(({ passed }) => !passed);
    expect(check?.message).toContain('--held-back');
    expect(failed({ accuracy: { ...accuracy!, failures: ['a.jpg: time-out'] } })).toHaveLength(1);
  });
});
