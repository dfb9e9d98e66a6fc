import { instantiateKernels, plainMemory } from '#packages/kernels';
import type { KernelMemory } from '#packages/kernels';
import { KERNELS } from './class-kernels.gen.ts';

/** The exports of class-kernels.wat; all numbers are byte addresses and sizes of `memory`. */
export interface ClassKernels {
  readonly memory: KernelMemory;
  /** The class of each pixel's highest score, the first of equal ones, as int32, and that score. */
  best(planes: number, planeBytes: number, planesEnd: number, bytes: number, ids: number, highest: number): void;
  /**
   * Turns the highest score of each pixel into its softmax, 1 / Σ exp(score - highest).
   * @param unscored class of which pixels may keep their highest score
   */
  softmax(
    planes: number,
    planeBytes: number,
    planesEnd: number,
    bytes: number,
    ids: number,
    highest: number,
    unscored: number,
  ): void;
}

/** In WebAssembly SIMD, else in plain JavaScript: the same numbers. */
export function classKernels(): ClassKernels {
  return instantiateKernels<ClassKernels>(KERNELS) ?? plainClassKernels();
}

export function plainClassKernels(): ClassKernels {
  const memory = plainMemory();
  const { fround } = Math;
  return {
    memory,
    best(planes, planeBytes, planesEnd, bytes, ids, highest) {
      const [floats, words] = [new Float32Array(memory.buffer), new Int32Array(memory.buffer)];
      for (let pixel = 0; pixel < bytes / 4; pixel++) {
        let best = 0;
        let max = floats[planes / 4 + pixel] as number;
        for (let id = 1, at = planes + planeBytes; at < planesEnd; id++, at += planeBytes) {
          const score = floats[at / 4 + pixel] as number;
          if (score > max) [max, best] = [score, id];
        }
        words[ids / 4 + pixel] = best;
        floats[highest / 4 + pixel] = max;
      }
    },
    softmax(planes, planeBytes, planesEnd, bytes, ids, highest, unscored) {
      const [floats, words] = [new Float32Array(memory.buffer), new Int32Array(memory.buffer)];
      for (let pixel = 0; pixel < bytes / 4; pixel++) {
        if (words[ids / 4 + pixel] === unscored) continue;
        const max = floats[highest / 4 + pixel] as number;
        let sum = 0;
        for (let at = planes; at < planesEnd; at += planeBytes)
          sum = fround(sum + exp(fround((floats[at / 4 + pixel] as number) - max)));
        floats[highest / 4 + pixel] = 1 / sum;
      }
    },
  };
}

/** A power below this does not change a sum that is 1 or more. */
const LEAST_POWER = -86;
/** 2⁻ⁿ. */
const SCALES = Float32Array.from({ length: 126 }, (_, n) => 2 ** -n);
const LOG2_E = Math.fround(1.442695);
/** So large that what is added is rounded to a whole number: the kernel's, so that ties are rounded alike. */
const ROUNDS = 12_583_039;
/** ln 2 in two parts; n times the first is exact. */
const [LN_2_HIGH, LN_2_LOW] = [0.693145751953125, Math.fround(1.4286068e-6)];
/** The interpolation's coefficients, rounded to float32, from x⁵ to x². That of x is 1. */
const [A5, A4, A3, A2] = [0.008363173, 0.041875644, 0.1666657703, 0.4999937].map(Math.fround) as [
  number,
  number,
  number,
  number,
];

/**
 * eˣ for x ≤ 0 in single precision, with a relative error below 1e-6: x = n · ln 2 + r, eˣ = 2ⁿ · eʳ. (eʳ - 1) / r is interpolated at the five
 * Chebyshev nodes of |r| ≤ ln 2 / 2, which alone adds at most 2.1e-7. e⁰ is 1, so that no softmax is above 1.
 * Source: Cody and Waite, "Software Manual for the Elementary Functions", 1980, chapter 6: the reduction with ln 2 in two parts.
 */
function exp(power: number): number {
  const { fround } = Math;
  const x = power < LEAST_POWER ? LEAST_POWER : power;
  const n = fround(fround(fround(x * LOG2_E) + ROUNDS) - ROUNDS);
  const r = fround(fround(x - fround(n * LN_2_HIGH)) - fround(n * LN_2_LOW));
  let sum = fround(r * A5);
  sum = fround(r * fround(sum + A4));
  sum = fround(r * fround(sum + A3));
  sum = fround(r * fround(sum + A2));
  sum = fround(r * fround(sum + 1));
  return fround(fround(sum + 1) * (SCALES[-n] as number));
}
