import fc from 'fast-check';
import { PackageFiles } from '#packages/model-package';
import { describe, expect, it } from 'vitest';

import { decode, float32, floats, specOf, WHOLE } from '../../../testing/vision/decoder-rig.ts';
import { createDecoder } from './create-decoder.ts';

const classifier = (output: object = {}) => specOf('image-classification', { decoder: 'classification', ...output });

describe('the classification decoder', () => {
  it('gives the best classes as a sort would, ties in class order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(floats(-5, 5), fc.constantFrom(0, 1)), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 12 }),
        async (raw, topK) => {
          const expected = raw
            .map((score, classId) => ({ classId, score: Math.fround(score) }))
            .sort((a, b) => b.score - a.score || a.classId - b.classId);
          const found = await decode(classifier({ topK }), { probs: float32([1, raw.length], raw) });
          expect(found.map(({ classId, score }) => ({ classId, score }))).toEqual(expected.slice(0, topK));
        },
      ),
    );
  });

  it('applies softmax to logits of any size', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(floats(-1e4, 1e4), { minLength: 2, maxLength: 20 }), async (logits) => {
        const found = await decode(classifier({ activation: 'softmax', topK: 100 }), {
          logits: float32([1, logits.length], logits),
        });
        expect(found.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 9);
        const top = Math.max(...logits);
        const total = logits.reduce((sum, value) => sum + Math.exp(value - top), 0);
        for (const { classId, score } of found)
          expect(score).toBeCloseTo(Math.exp((logits[classId] as number) - top) / total, 9);
      }),
    );
  });

  it('hands the scores of all classes over, also of those that are not among the best', async () => {
    const outputs = { out: float32([1, 4], [0.1, 0.6, 0.05, 0.25]) };
    const spec = classifier({ topK: 1 });
    const context = {
      outputs: [{ name: 'out', type: 'float32', shape: [1, 4] }],
      labels: [],
    } as const;
    const handed: Float32Array[] = [];
    const found = (await createDecoder(spec.output, context, new PackageFiles('.'))).decode(outputs, WHOLE, (scores) =>
      handed.push(scores),
    );
    expect(found).toHaveLength(1);
    expect(handed).toEqual([Float32Array.of(0.1, 0.6, 0.05, 0.25)]);
    expect(handed[0]?.buffer, 'memory of their own').not.toBe(outputs.out.data.buffer);
  });

  it('applies the sigmoid to each class for itself', async () => {
    const found = await decode(classifier({ activation: 'sigmoid', topK: 3 }), { out: float32([1, 3], [0, 2, -2]) });
    expect(found.map(({ classId }) => classId)).toEqual([1, 0, 2]);
    expect(found[0]?.score).toBeCloseTo(0.880797, 5);
  });

  it.each([
    ['uint8', Uint8Array.of(0, 128, 255), 0],
    ['int8', Int8Array.of(-128, 0, 127), -128],
  ] as const)('dequantizes %s', async (type, data, zeroPoint) => {
    const found = await decode(classifier({ scale: 1 / 256, zeroPoint }), { out: { type, shape: [1, 3], data } });
    expect(found.map(({ classId, score }) => [classId, score])).toEqual([
      [2, 255 / 256],
      [1, 0.5],
      [0, 0],
    ]);
  });

  it('reads half precision and 64-bit integers', async () => {
    const half = { type: 'float16', shape: [1, 2], data: Uint16Array.of(0x3800, 0x3400) } as const;
    expect((await decode(classifier(), { out: half })).map(({ score }) => score)).toEqual([0.5, 0.25]);
    const whole = { type: 'int64', shape: [2], data: BigInt64Array.of(3n, 7n) } as const;
    expect((await decode(classifier(), { out: whole }))[0]).toMatchObject({ classId: 1, score: 7 });
  });

  it('takes outputs of any rank', async () => {
    const found = await decode(
      classifier({ topK: 1 }),
      { out: float32([1, 3, 1, 1], [0.1, 0.7, 0.2]) },
      { labels: ['a', 'b', 'c'] },
    );
    expect(found).toEqual([{ classId: 1, label: 'b', score: Math.fround(0.7) }]);
  });

  it('moves classes up by the background row that the labels alone have', async () => {
    const found = await decode(
      classifier({ topK: 1 }),
      { out: float32([1, 2], [0.1, 0.9]) },
      { labels: ['background', 'cat', 'dog'] },
    );
    expect(found[0]).toMatchObject({ classId: 2, label: 'dog' });
  });

  it('does not guess when labels and classes differ', async () => {
    await expect(
      decode(classifier(), { out: float32([1, 3], [1, 2, 3]) }, { labels: ['a', 'b'] }),
    ).rejects.toMatchObject({
      code: 'model.output-unexpected',
      message: 'output "out" has 3 classes, but there are 2 labels',
    });
  });

  it('reports nothing below the threshold, and never what is not a number', async () => {
    const found = await decode(classifier({ scoreThreshold: 0.5 }), { out: float32([1, 4], [0.4, NaN, 0.6, 0.5]) });
    expect(found.map(({ classId }) => classId)).toEqual([2, 3]);
  });

  it('says which outputs there are when it cannot find its own', async () => {
    const outputs = { a: float32([1, 2], [0, 0]), b: float32([1, 2], [0, 0]) };
    await expect(decode(classifier(), outputs)).rejects.toMatchObject({
      message: 'output.output is missing in model.json; its outputs are "a", "b"',
    });
    await expect(decode(classifier({ output: 'c' }), outputs)).rejects.toMatchObject({
      code: 'model.interface-mismatch',
    });
  });
});
