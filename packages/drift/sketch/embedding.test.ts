import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { embeddingText, unitVector } from '#packages/model-package';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { MAX_BASELINE_BYTES, parseBaseline } from '../baseline.ts';
import { MAX_DIMENSIONS } from './features.ts';
import type { Observation } from './observation.ts';
import { Sketch } from './sketch.ts';

const textOf = (sketch: Sketch): string => JSON.stringify({ schemaVersion: 1, sketch });
const backOf = (sketch: Sketch): Sketch => parseBaseline(Buffer.from(textOf(sketch)), 'it').sketch;
const pictureOf = (vector: ArrayLike<number>): Observation => ({
  predictions: [{ classId: 0, score: 0, embedding: embeddingText(Float32Array.from(vector)) }],
});

function sketchOf(vectors: readonly ArrayLike<number>[]): Sketch {
  const sketch = new Sketch();
  for (const vector of vectors) sketch.add(pictureOf(vector));
  return sketch;
}

/** Vectors around a common one; the less of it, the larger the spread. */
function vectorsAround(dimensions: number, count: number, common: number): readonly Float64Array[] {
  const random = seededRandom(dimensions + count);
  const center = Float64Array.from({ length: dimensions }, () => random() - 0.5);
  return Array.from({ length: count }, () => center.map((value) => common * value + random() - 0.5));
}

describe('the mean vector of a sketch', () => {
  it('and its spread are those of plain sums, whatever the parts that were merged', () => {
    const vector = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.array(vector, { maxLength: 6 }), { minLength: 1, maxLength: 5 }), (parts) => {
        const units = parts.flat().flatMap((values) => unitVector(Float32Array.from(values)) ?? []);
        const merged = new Sketch();
        for (const part of parts.toReversed()) merged.merge(sketchOf(part));
        expect(merged.embedding?.count ?? 0).toBe(units.length);
        if (units.length === 0) return;
        const sum = Array.from({ length: 6 }, (_, at) => units.reduce((total, unit) => total + unit[at]!, 0));
        const long = Math.hypot(...sum);
        expect(merged.embedding?.coherence).toBeCloseTo(long / units.length, 6);
        if (long < 0.01) return;
        // The mean over single vectors, which nobody keeps.
        const distances = units.map(
          (unit) => 1 - unit.reduce((total, value, at) => total + value * sum[at]!, 0) / long,
        );
        const spread = distances.reduce((total, value) => total + value, 0) / units.length;
        expect(1 - merged.embedding!.coherence).toBeCloseTo(spread, 6);
        expect(merged.embedding!.cosine(sketchOf([sum]).embedding!)).toBeCloseTo(1, 6);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [2_048, 0.1],
    [2_048, 10],
    [512, 1],
    [MAX_DIMENSIONS, 1],
  ])('of %i numbers fits a baseline, and turns by less than 1e-7 there (common part %f)', (dimensions, common) => {
    const sketch = sketchOf(vectorsAround(dimensions, 300, common));
    const back = backOf(sketch);
    const [before, after] = [sketch.embedding!, back.embedding!];
    expect(textOf(sketch).length).toBeLessThan(0.6 * MAX_BASELINE_BYTES);
    expect(JSON.stringify(sketch.toJSON().embedding).length).toBeLessThan((8 / 3) * dimensions + 100);
    expect(after.count).toBe(300);
    expect(1 - before.cosine(after)).toBeLessThan(1e-7);
    expect(after.coherence / before.coherence).toBeCloseTo(1, 5);
    expect(textOf(backOf(back))).toBe(textOf(back));
  });

  it('is as exact if one number is far larger than the others', () => {
    const vector = Float64Array.from({ length: 2_048 }, (_, at) => (at === 7 ? 1 : 0.001 * Math.sin(at)));
    const { embedding } = sketchOf([vector]);
    expect(1 - embedding!.cosine(backOf(sketchOf([vector])).embedding!)).toBeLessThan(1e-7);
  });

  it('takes no notice of vectors of another size, without a direction, or too long', () => {
    const sketch = sketchOf([
      [0, 3, 4],
      [1, 0],
      [0, 0, 0],
      [NaN, 1, 1],
    ]);
    expect(sketch.images).toBe(4);
    expect(sketch.embedding).toMatchObject({ count: 1, dimensions: 3 });
    sketch.merge(sketchOf([[1, 0]]));
    expect(sketch.embedding?.count).toBe(1);
    expect(sketchOf([new Float64Array(MAX_DIMENSIONS + 1).fill(1)]).embedding).toBeUndefined();
    expect(sketchOf([]).toJSON()).not.toHaveProperty('embedding');
  });
});
