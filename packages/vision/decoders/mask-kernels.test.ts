import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskKernels, plainMaskKernels } from './mask-kernels.ts';
import type { MaskKernels } from './mask-kernels.ts';

/** No products so small that they are rounded to 0 early or late. */
const sixtyFourths = fc.integer({ min: -(2 ** 20), max: 2 ** 20 }).map((value) => value / 64);
const floats = (length: number) => fc.array(sixtyFourths, { minLength: length, maxLength: length });
const cases = fc
  .record({
    count: fc.integer({ min: 1, max: 5 }),
    columns: fc.integer({ min: 1, max: 21 }),
    rows: fc.integer({ min: 1, max: 70 }),
  })
  .chain(({ count, columns, rows }) =>
    fc.record({
      count: fc.constant(count),
      columns: fc.constant(columns),
      rows: fc.constant(rows),
      coefficients: floats(count),
      // A row has a cell that the rectangle leaves out.
      values: floats(count * rows * (columns + 1)),
      part: fc.integer({ min: 0, max: 63 }).map((value) => value / 64),
    }),
  );

type Case = typeof cases extends fc.Arbitrary<infer One> ? One : never;

/** Logits of each column, and what becomes of the first two. */
function outcome(kernels: MaskKernels, { count, columns, rows, coefficients, values, part }: Case) {
  const [valuesAt, columnAt, signsAt, logitsAt] = [64, 32_768, 36_864, 40_960];
  const columnBytes = 16 * Math.ceil(rows / 4);
  const memory = new Float32Array(kernels.memory.buffer);
  memory.set(coefficients, 0);
  memory.set(values, valuesAt / 4);
  const [rowBytes, planeBytes] = [4 * (columns + 1), 4 * rows * (columns + 1)];
  kernels.mix(valuesAt, rowBytes, planeBytes, 0, 4 * count, columns, rows, logitsAt, columnBytes);
  const second = logitsAt + (columns > 1 ? columnBytes : 0);
  kernels.blend(logitsAt, second, part, 4 * rows, columnAt, signsAt);
  const read = (at: number): number[] => [...memory.subarray(at / 4, at / 4 + rows)];
  const logits = Array.from({ length: columns }, (_, column) => read(logitsAt + column * columnBytes));
  const words = new Uint32Array(kernels.memory.buffer, signsAt, Math.ceil(rows / 32));
  const signs = Array.from({ length: rows }, (_, row) => ((words[row >> 5] as number) >>> (row % 32)) & 1);
  return { logits, signs, column: read(columnAt) };
}

describe('the kernels of masks', () => {
  it('give the same numbers in WebAssembly and in plain JavaScript', () => {
    expect(maskKernels().mix.name).not.toBe('mix');
    fc.assert(
      fc.property(cases, (one) => {
        expect(outcome(maskKernels(), one)).toEqual(outcome(plainMaskKernels(), one));
      }),
    );
  });

  it('tell the values above 0', () => {
    const column = Array.from({ length: 40 }, (_, at) => (at % 3) - 1);
    for (const kernels of [maskKernels(), plainMaskKernels()]) {
      new Float32Array(kernels.memory.buffer).set(column, 64);
      kernels.blend(256, 256, 0.5, 160, 512, 1_024);
      const [low, high] = new Uint32Array(kernels.memory.buffer, 1_024, 2);
      expect([low, (high as number) & 0xff]).toEqual(
        [0b00100100100100100100100100100100, 0b01001001].map((bits) => bits >>> 0),
      );
    }
  });
});
