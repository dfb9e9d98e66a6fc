import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Pixels } from '../image/pixels.ts';
import { specOf } from '../../../testing/vision/decoder-rig.ts';
import { patternPixels } from '../../../testing/vision/images.ts';
import { fromFloat16Bits, toFloat16Bits } from './float16.ts';
import { Preprocessor } from './preprocessor.ts';
import type { InputData } from './tensor-target.ts';

const inputOf = (input: object) => specOf('tensor', { decoder: 'tensor' }, input).input;

function tensorOf(input: object, pixels: Pixels): Preprocessor {
  const preprocessor = new Preprocessor(inputOf(input));
  preprocessor.fill(pixels);
  return preprocessor;
}

function dataOf(input: object, pixels: Pixels): InputData {
  return tensorOf(input, pixels).feed.data as InputData;
}

/** Two pixels: (10, 20, 30) and (40, 50, 60). */
const PAIR: Pixels = { width: 2, height: 1, channels: 3, data: Uint8Array.of(10, 20, 30, 40, 50, 60) };
const pair = { width: 2, height: 1 };

describe('layouts and colors', () => {
  it.each([
    ['NCHW', 'RGB', [10, 40, 20, 50, 30, 60]],
    ['NCHW', 'BGR', [30, 60, 20, 50, 10, 40]],
    ['NHWC', 'RGB', [10, 20, 30, 40, 50, 60]],
    ['NHWC', 'BGR', [30, 20, 10, 60, 50, 40]],
    ['NCHW', 'GRAY', [18, 48]],
  ])('%s %s', (layout, color, expected) => {
    const preprocessor = tensorOf({ ...pair, layout, color }, PAIR);
    expect([...(preprocessor.feed.data as InputData)]).toEqual(expected);
    expect(preprocessor.feed.shape).toEqual(layout === 'NHWC' ? [1, 1, 2, 3] : [1, color === 'GRAY' ? 1 : 3, 1, 2]);
  });

  it('gives gray to every channel', () => {
    const gray: Pixels = { width: 2, height: 1, channels: 1, data: Uint8Array.of(7, 9) };
    expect([...dataOf(pair, gray)]).toEqual([7, 9, 7, 9, 7, 9]);
    expect([...dataOf({ ...pair, filter: 'area' }, gray)]).toEqual([7, 9, 7, 9, 7, 9]);
    expect([...dataOf({ ...pair, color: 'GRAY' }, gray)]).toEqual([7, 9]);
  });

  it('subtracts the mean and divides by std of each channel of the tensor', () => {
    const input = { ...pair, color: 'BGR', mean: [104, 117, 123], std: [1, 2, 4] };
    expect([...dataOf(input, PAIR)]).toEqual([-74, -44, -48.5, -33.5, -28.25, -20.75]);
  });
});

describe('types', () => {
  it('float16 as bits', () => {
    const data = dataOf({ ...pair, dtype: 'float16', mean: 128, std: 128 }, PAIR);
    expect(data).toBeInstanceOf(Uint16Array);
    expect(fromFloat16Bits(data[0] as number)).toBeCloseTo(-118 / 128, 3);
  });

  it('uint8 as the bytes themselves, rounded and clamped where mean and std ask for more', () => {
    expect([...dataOf({ ...pair, dtype: 'uint8' }, PAIR)]).toEqual([10, 40, 20, 50, 30, 60]);
    expect([...dataOf({ ...pair, dtype: 'uint8', mean: 30, std: 0.1 }, PAIR)]).toEqual([0, 100, 0, 200, 0, 255]);
  });

  it('halves convert there and back for every value that they have', () => {
    for (let bits = 0; bits < 65_536; bits++) {
      const value = fromFloat16Bits(bits);
      if (!Number.isNaN(value)) expect(toFloat16Bits(value)).toBe(bits);
    }
  });

  it('halves are the nearest ones, ties to even', () => {
    expect(fromFloat16Bits(toFloat16Bits(2049))).toBe(2048);
    expect(fromFloat16Bits(toFloat16Bits(2051))).toBe(2052);
    expect(toFloat16Bits(65_520)).toBe(0x7c00);
    expect(toFloat16Bits(1e-9)).toBe(0);
    expect(toFloat16Bits(-1e-9)).toBe(0x8000);
    expect(Number.isNaN(fromFloat16Bits(toFloat16Bits(NaN)))).toBe(true);
    fc.assert(
      fc.property(fc.float({ min: -60_000, max: 60_000, noNaN: true }), (value) => {
        const bits = toFloat16Bits(value);
        const error = Math.abs(fromFloat16Bits(bits) - value);
        for (const near of [bits - 1, bits + 1]) {
          if ((near & 0x7fff) < 0x7c00 && (near ^ bits) < 0x8000)
            expect(Math.abs(fromFloat16Bits(near) - value)).toBeGreaterThanOrEqual(error);
        }
      }),
    );
  });
});

describe('letterbox', () => {
  it('fills the bars with the padding, normalized, and again after an image of another shape', () => {
    const input = { width: 4, height: 4, resize: 'letterbox', pad: 114, std: 2 };
    const wide: Pixels = { width: 4, height: 2, channels: 3, data: new Uint8Array(24).fill(200) };
    const tall: Pixels = { width: 2, height: 4, channels: 3, data: new Uint8Array(24).fill(100) };
    const preprocessor = new Preprocessor(inputOf(input));
    preprocessor.fill(wide);
    expect([...(preprocessor.feed.data as InputData).subarray(0, 16)]).toEqual([
      57, 57, 57, 57, 100, 100, 100, 100, 100, 100, 100, 100, 57, 57, 57, 57,
    ]);
    preprocessor.fill(tall);
    expect([...(preprocessor.feed.data as InputData).subarray(0, 8)]).toEqual([57, 50, 50, 57, 57, 50, 50, 57]);
    preprocessor.fill(wide);
    expect([...(preprocessor.feed.data as InputData).subarray(0, 4)]).toEqual([57, 57, 57, 57]);
  });

  it.each(['NCHW', 'NHWC'] as const)('puts the same pixels into %s', (layout) => {
    const pixels: Pixels = { width: 30, height: 20, channels: 3, data: patternPixels(30, 20) };
    const box = dataOf({ width: 16, height: 16, resize: 'letterbox', layout }, pixels);
    const inner = dataOf({ width: 16, height: 11, layout }, pixels);
    const rowOf = (data: ArrayLike<number>, y: number, height: number): number[] =>
      Array.from({ length: 16 }, (_, x) => data[layout === 'NCHW' ? y * 16 + x : (y * 16 + x) * 3] as number).concat(
        height,
      );
    for (let y = 0; y < 11; y++) expect(rowOf(box, y + 2, 0)).toEqual(rowOf(inner, y, 0));
  });
});

describe('every resizing', () => {
  const filters = fc.constantFrom('bilinear', 'area', 'box', 'bicubic', 'lanczos');
  const modes = fc.constantFrom('stretch', 'letterbox', 'center-crop');

  it('keeps a plain image plain, whatever its size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 70 }),
        filters,
        modes,
        fc.integer({ min: 0, max: 255 }),
        (width, height, filter, resize, value) => {
          const pixels: Pixels = { width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(value) };
          const data = dataOf({ width: 12, height: 9, filter, resize, pad: value, dtype: 'uint8' }, pixels);
          expect([...data].every((one) => Math.abs(one - value) <= 1)).toBe(true);
        },
      ),
    );
  });

  it('mirrors as the image is mirrored', () => {
    // Not `box`: a pixel on the edge of Pillow's box belongs to one side only.
    const symmetric = filters.filter((filter) => filter !== 'box');
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 2, max: 40 }),
        symmetric,
        (width, height, filter) => {
          const data = patternPixels(width, height);
          const mirrored = new Uint8Array(data.length);
          for (let y = 0; y < height; y++) {
            for (let x = 0; x < width; x++)
              mirrored.set(
                data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
                (y * width + width - 1 - x) * 3,
              );
          }
          const input = { width: 10, height: 7, filter, dtype: 'uint8', color: 'RGB' };
          const one = dataOf(input, { width, height, channels: 3, data });
          const other = dataOf(input, { width, height, channels: 3, data: mirrored });
          for (let y = 0; y < 7; y++) {
            for (let x = 0; x < 10; x++)
              expect(Math.abs((one[y * 10 + x] as number) - (other[y * 10 + 9 - x] as number))).toBeLessThanOrEqual(1);
          }
        },
      ),
    );
  });
});
