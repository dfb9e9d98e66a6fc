import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classKernels, plainClassKernels } from './class-kernels.ts';
import type { ClassKernels } from './class-kernels.ts';

const PLANE_BYTES = 256;
const [IDS, HIGHEST] = [32_768, 36_864];

function load(kernels: ClassKernels, planes: readonly (readonly number[])[]): Float32Array {
  const floats = new Float32Array(kernels.memory.buffer);
  planes.forEach((plane, id) => floats.set(plane, (id * PLANE_BYTES) / 4));
  return floats;
}

/** Class, highest score and softmax of each pixel; no softmax if its class is `unscored`. */
function outcome(kernels: ClassKernels, planes: readonly (readonly number[])[], unscored = -1) {
  const floats = load(kernels, planes);
  const pixels = planes[0]!.length;
  const end = planes.length * PLANE_BYTES;
  kernels.best(0, PLANE_BYTES, end, 4 * pixels, IDS, HIGHEST);
  const ids = [...new Int32Array(kernels.memory.buffer, IDS, pixels)];
  const read = (): number[] => [...floats.subarray(HIGHEST / 4, HIGHEST / 4 + pixels)];
  const highest = read();
  kernels.softmax(0, PLANE_BYTES, end, 4 * pixels, IDS, HIGHEST, unscored);
  return { ids, highest, softmax: read().map((value, at) => (ids[at] === unscored ? undefined : value)) };
}

/** eˣ, as the softmax of one class whose highest score is said to be 0. */
function exponentials(kernels: ClassKernels, powers: readonly number[]): number[] {
  const floats = load(kernels, [powers]);
  floats.fill(0, HIGHEST / 4, HIGHEST / 4 + powers.length);
  kernels.softmax(0, PLANE_BYTES, PLANE_BYTES, 4 * powers.length, IDS, HIGHEST, -1);
  return [...floats.subarray(HIGHEST / 4, HIGHEST / 4 + powers.length)].map((value) => 1 / value);
}

const float = (min: number, max: number) => fc.float({ min, max, noNaN: true });
/** Few different numbers too, so that scores are equal; infinite ones; and those that are not numbers. */
const scores = fc.oneof(
  { weight: 6, arbitrary: float(-40, 40) },
  { weight: 3, arbitrary: fc.integer({ min: -2, max: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom(-Infinity, Infinity, NaN, -0, -3e38, 3e38) },
);
const cases = fc
  .record({ classes: fc.integer({ min: 1, max: 30 }), pixels: fc.integer({ min: 1, max: 64 }) })
  .chain(({ classes, pixels }) =>
    fc.array(fc.array(scores, { minLength: pixels, maxLength: pixels }), { minLength: classes, maxLength: classes }),
  );

describe('the kernels of classes', () => {
  it('give the same numbers in WebAssembly and in plain JavaScript', () => {
    expect(classKernels().best.name).not.toBe('best');
    fc.assert(
      fc.property(cases, fc.integer({ min: -1, max: 2 }), (planes, unscored) => {
        expect(outcome(classKernels(), planes, unscored)).toEqual(outcome(plainClassKernels(), planes, unscored));
      }),
    );
  });

  it('compute exponentials with a relative error below 1e-6, and that of 0 without one', () => {
    const spaced = Array.from({ length: 86 * 64 }, (_, at) => -Math.fround(at / 64 + at / 1e6));
    const halves = Array.from({ length: 124 }, (_, at) => Math.fround(-(at + 0.5) * Math.LN2));
    const batches = (all: readonly number[]): number[][] =>
      Array.from({ length: Math.ceil(all.length / 64) }, (_, at) => all.slice(64 * at, 64 * at + 64));
    for (const kernels of [classKernels(), plainClassKernels()]) {
      const check = (powers: readonly number[]): void => {
        const found = exponentials(kernels, powers);
        const errors = powers.map((power, at) => Math.abs((found[at] as number) / Math.exp(power) - 1));
        expect(Math.max(...errors)).toBeLessThan(1e-6);
      };
      for (const batch of batches([...spaced, ...halves])) check(batch);
      fc.assert(fc.property(fc.array(float(-86, 0), { minLength: 1, maxLength: 64 }), check), { numRuns: 300 });
      expect(exponentials(kernels, [0, -0])).toEqual([1, 1]);
    }
  });

  it('counts a class that is far below the highest as good as not', () => {
    for (const kernels of [classKernels(), plainClassKernels()]) {
      const { ids, softmax } = outcome(kernels, [
        [-100, 3e38, -Infinity, 5],
        [1, -3e38, 7, 5],
      ]);
      expect(ids).toEqual([1, 0, 1, 0]);
      expect(softmax).toEqual([1, 1, 1, 0.5]);
    }
  });

  it('leaves pixels of the class that nobody scores', () => {
    const planes = [
      [9, 9, 9, 9, 9],
      [8, 8, 8, 8, 10],
    ];
    for (const kernels of [classKernels(), plainClassKernels()]) {
      const floats = load(kernels, planes);
      kernels.best(0, PLANE_BYTES, 2 * PLANE_BYTES, 20, IDS, HIGHEST);
      kernels.softmax(0, PLANE_BYTES, 2 * PLANE_BYTES, 20, IDS, HIGHEST, 0);
      const [first, second, third, fourth, fifth] = floats.subarray(HIGHEST / 4);
      expect([first, second, third, fourth]).toEqual([9, 9, 9, 9]);
      expect(fifth).toBeCloseTo(1 / (1 + Math.exp(-1)), 6);
    }
  });
});
