import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SsdOutput } from '#packages/model-package';
import {
  decode,
  detectionOptions,
  expectSame,
  float32,
  floats,
  placements,
  specOf,
  table,
} from '../../../testing/vision/decoder-rig.ts';
import { npy } from '../../../testing/vision/images.ts';
import { fromCenter, slowFinish } from '../../../testing/vision/slow-decoders.ts';
import type { PlainBox } from '../../../testing/vision/slow-decoders.ts';

const LABELS = ['background', 'bolt', 'nut', 'gear'];
const ssd = (output: object) => specOf('object-detection', { decoder: 'ssd', ...output });
const corner = floats(-0.2, 1.2);
const score = floats(0, 1);

describe('ssd with suppression in the graph', () => {
  const FINISHED = { boxes: 'boxes', scores: 'scores', classes: 'classes', count: 'count', classOffset: 1 };

  it('gives what the obvious implementation gives', async () => {
    const rows = table(12, corner, corner, corner, corner, score, fc.integer({ min: -1, max: 2 }));
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.integer({ min: 0, max: 15 }),
        fc.constantFrom('xyxy', 'yxyx', 'cxcywh'),
        detectionOptions,
        placements,
        async (values, count, boxFormat, options, placement) => {
          const spec = ssd({ ...FINISHED, boxFormat, ...options });
          const outputs = {
            boxes: float32(
              [1, 12, 4],
              values.flatMap((row) => row.slice(0, 4)),
            ),
            scores: float32(
              [1, 12],
              values.map((row) => row[4] as number),
            ),
            classes: float32(
              [1, 12],
              values.map((row) => row[5] as number),
            ),
            count: float32([1], [count]),
          };
          const plain = values.slice(0, count).flatMap((row): PlainBox[] => {
            const [a, b, c, d] = row.slice(0, 4).map(Math.fround) as [number, number, number, number];
            const box: PlainBox['box'] =
              boxFormat === 'xyxy' ? [a, b, c, d] : boxFormat === 'yxyx' ? [b, a, d, c] : fromCenter(a, b, c, d);
            return (row[5] as number) < 0 ? [] : [{ box, score: row[4] as number, classId: (row[5] as number) + 1 }];
          });
          expectSame(
            await decode(spec, outputs, { labels: LABELS, placement }),
            slowFinish(plain, spec.output as SsdOutput, placement, LABELS),
          );
        },
      ),
    );
  });

  it('takes pixels, integer classes and no batch, as torchvision gives them', async () => {
    const spec = ssd({ boxes: 'boxes', scores: 'scores', classes: 'labels', boxFormat: 'xyxy', coordinates: 'pixels' });
    const outputs = {
      boxes: float32([1, 4], [16, 8, 32, 32]),
      scores: float32([1], [0.9]),
      labels: { type: 'int64', shape: [1], data: BigInt64Array.of(2n) } as const,
    };
    expect(await decode(spec, outputs, { labels: LABELS })).toEqual([
      { classId: 2, label: 'nut', score: Math.fround(0.9), box: [0.25, 0.25, 0.5, 1] },
    ]);
  });

  it('takes a model that found nothing', async () => {
    const spec = ssd({ boxes: 'boxes', scores: 'scores', classes: 'classes', boxFormat: 'xyxy' });
    const outputs = { boxes: float32([0, 4], []), scores: float32([0], []), classes: float32([0], []) };
    expect(await decode(spec, outputs)).toEqual([]);
  });

  it('names the output whose shape does not fit', async () => {
    const spec = ssd({ boxes: 'boxes', scores: 'scores', classes: 'classes', boxFormat: 'xyxy' });
    const outputs = {
      boxes: float32([1, 2, 4], new Array<number>(8).fill(0)),
      scores: float32([1, 3], [1, 1, 1]),
      classes: float32([1, 3], [0, 0, 0]),
    };
    await expect(decode(spec, outputs)).rejects.toMatchObject({
      code: 'model.output-unexpected',
      message: 'output "boxes" has the shape [1, 2, 4]; needed is [1, 3, 4] as there are 3 scores',
    });
  });
});

describe('ssd as one table', () => {
  it.each([
    ['class-score-box of MXNet', undefined, [1, 6], [2, 0.8, 0.1, 0.2, 0.5, 0.6]],
    ['image-class-score-box of Caffe', undefined, [1, 1, 1, 7], [0, 2, 0.8, 0.1, 0.2, 0.5, 0.6]],
    ['box-score-class of Ultralytics', 'box-score-class', [1, 1, 6], [0.1, 0.2, 0.5, 0.6, 0.8, 2]],
  ] as const)('reads %s', async (_name, columns, shape, row) => {
    const spec = ssd({ output: 'rows', ...(columns ? { columns } : {}) });
    const [found] = await decode(spec, { rows: float32(shape, row) }, { labels: LABELS });
    expect(found).toMatchObject({ classId: 2, label: 'nut' });
    found?.box?.forEach((side, at) => expect(side).toBeCloseTo([0.1, 0.2, 0.5, 0.6][at] as number, 6));
  });

  it('ends at rows that are not used', async () => {
    const spec = ssd({ output: 'rows' });
    const used = [1, 0.9, 0, 0, 1, 1];
    expect(await decode(spec, { rows: float32([1, 2, 6], [...used, -1, 0.9, 0, 0, 1, 1]) })).toHaveLength(1);
  });

  it('says what a row must hold', async () => {
    await expect(decode(ssd({ output: 'rows' }), { rows: float32([1, 1, 5], [0, 0, 0, 0, 0]) })).rejects.toMatchObject({
      message: expect.stringContaining('[1, N, 6] for class, score and box') as unknown,
    });
  });
});

describe('ssd with a score per class', () => {
  const PER_CLASS = { boxes: 'boxes', scores: 'scores', boxFormat: 'xyxy', backgroundClass: 0 };

  it('gives what the obvious implementation gives, in both layouts', async () => {
    const rows = table(10, corner, corner, corner, corner, score, score, score, score);
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.boolean(),
        detectionOptions,
        placements,
        async (values, transposed, options, placement) => {
          const spec = ssd({ ...PER_CLASS, ...options });
          const scores = values.map((row) => row.slice(4));
          const flat = transposed
            ? [0, 1, 2, 3].flatMap((column) => scores.map((row) => row[column] as number))
            : scores.flat();
          const outputs = {
            boxes: float32(
              [1, 10, 4],
              values.flatMap((row) => row.slice(0, 4)),
            ),
            scores: float32(transposed ? [1, 4, 10] : [1, 10, 4], flat),
          };
          const plain = values.flatMap((row): PlainBox[] =>
            [1, 2, 3].map((classId) => ({
              box: row.slice(0, 4).map(Math.fround) as never,
              score: row[4 + classId] as number,
              classId,
            })),
          );
          expectSame(
            await decode(spec, outputs, { labels: LABELS, placement }),
            slowFinish(plain, spec.output as SsdOutput, placement, LABELS),
          );
        },
      ),
    );
  });

  it('numbers classes by labels that leave the background out', async () => {
    const outputs = { boxes: float32([1, 1, 4], [0, 0, 1, 1]), scores: float32([1, 1, 4], [0.1, 0.1, 0.1, 0.7]) };
    expect((await decode(ssd(PER_CLASS), outputs, { labels: LABELS }))[0]).toMatchObject({ classId: 3, label: 'gear' });
    expect((await decode(ssd(PER_CLASS), outputs, { labels: LABELS.slice(1) }))[0]).toMatchObject({
      classId: 2,
      label: 'gear',
    });
  });

  it.each(['softmax', 'sigmoid'] as const)('applies %s to raw scores', async (activation) => {
    const spec = ssd({ ...PER_CLASS, activation, scoreThreshold: 0 });
    const logits = [1, 2, -1];
    const found = await decode(spec, { boxes: float32([1, 1, 4], [0, 0, 1, 1]), scores: float32([1, 1, 3], logits) });
    const total = logits.reduce((sum, value) => sum + Math.exp(value), 0);
    for (const { classId, score: given } of found) {
      const value = logits[classId] as number;
      expect(given).toBeCloseTo(activation === 'softmax' ? Math.exp(value) / total : 1 / (1 + Math.exp(-value)), 6);
    }
    expect(found).toHaveLength(2);
  });
});

describe('ssd with offsets from priors', () => {
  const PRIORS = [
    [0.3, 0.4, 0.2, 0.3],
    [0.7, 0.6, 0.5, 0.4],
  ];
  const offsets = [0.5, -1, 0.2, 0.1, 0, 0, 0, 0];
  const outputs = { boxes: float32([1, 2, 4], offsets), scores: float32([1, 2, 2], [0, 0.9, 0, 0.8]) };
  const base = { boxes: 'boxes', scores: 'scores', backgroundClass: 0, boxFormat: 'xyxy' };
  // Center 0.3 + 0.5·0.1·0.2, 0.4 - 1·0.1·0.3; size 0.2·e^(0.2·0.2), 0.3·e^(0.1·0.2).
  const first = fromCenter(0.31, 0.37, 0.2 * Math.exp(0.04), 0.3 * Math.exp(0.02));

  const expectFirst = (box: readonly number[] | undefined): void =>
    first.forEach((side, at) => expect(box?.[at]).toBeCloseTo(side, 6));

  it('decodes them by the variances', async () => {
    const found = await decode(ssd({ ...base, priors: PRIORS, variances: [0.1, 0.2] }), outputs);
    expectFirst(found[0]?.box);
    fromCenter(0.7, 0.6, 0.5, 0.4).forEach((side, at) => expect(found[1]?.box?.[at]).toBeCloseTo(side, 9));
    expect(await decode(ssd({ ...base, priors: PRIORS, variances: [0.1, 0.1, 0.2, 0.2] }), outputs)).toEqual(found);
    expect(await decode(ssd({ ...base, priors: PRIORS }), outputs)).toEqual(found);
  });

  it('exchanges the axes for yxyx, as TensorFlow has it', async () => {
    const swap = (row: readonly number[]): number[] => [row[1], row[0], row[3], row[2]] as number[];
    const swapped = {
      ...outputs,
      boxes: float32([1, 2, 4], [...swap(offsets.slice(0, 4)), ...swap(offsets.slice(4))]),
    };
    expectFirst((await decode(ssd({ ...base, boxFormat: 'yxyx', priors: PRIORS.map(swap) }), swapped))[0]?.box);
  });

  it('finds them in an output of the model and in files of the package', async () => {
    const spec = (priors: string) => ssd({ ...base, priors });
    expectFirst((await decode(spec('anchors'), { ...outputs, anchors: float32([2, 4], PRIORS.flat()) }))[0]?.box);
    const dir = await mkdtemp(path.join(os.tmpdir(), 'edgeml-priors-'));
    await writeFile(path.join(dir, 'priors.json'), JSON.stringify(PRIORS));
    await writeFile(
      path.join(dir, 'priors.npy'),
      npy('<f4', [2, 4], new Uint8Array(Float32Array.from(PRIORS.flat()).buffer)),
    );
    await writeFile(path.join(dir, 'bad.json'), '[[1,2,3]]');
    for (const file of ['priors.json', 'priors.npy'])
      expectFirst((await decode(spec(file), outputs, { packageDir: dir }))[0]?.box);
    await expect(decode(spec('bad.json'), outputs, { packageDir: dir })).rejects.toMatchObject({
      code: 'model.interface-mismatch',
    });
    await expect(decode(spec('none.npy'), outputs, { packageDir: dir })).rejects.toMatchObject({
      code: 'model.file-missing',
    });
    await expect(decode(spec('nowhere'), outputs, { packageDir: dir })).rejects.toMatchObject({
      code: 'model.interface-mismatch',
    });
    await rm(dir, { recursive: true });
  });

  it('refuses another number of priors than of boxes', async () => {
    await expect(decode(ssd({ ...base, priors: [PRIORS[0]] }), outputs)).rejects.toMatchObject({
      message: 'there are 1 priors for 2 boxes',
    });
  });
});
