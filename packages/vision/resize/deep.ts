import type { Pixels } from '../image/pixels.ts';
import type { InputData, TensorTarget } from '../tensor/tensor-target.ts';
import { WEIGHT_BITS } from './filter-taps.ts';
import type { FilterTaps } from './filter-taps.ts';
import type { LinearTaps } from './linear-taps.ts';
import { roundHalfEven } from './round-half-even.ts';

/**
 * As `bilinearToTensor`, for values of up to 16 bits: in float32, as OpenCV resizes them; values differ by one step at most.
 * Source: OpenCV modules/imgproc/src/resize.cpp (HResizeLinear and VResizeLinear of ushort), read as a specification.
 */
export function deepBilinear(pixels: Pixels, columns: LinearTaps, rows: LinearTaps, target: TensorTarget): void {
  const { data, channels, width } = pixels;
  const { fround } = Math;
  const across = (row: number, x: number, channel: number): number => {
    const at = row * width;
    const left = data[(at + (columns.first[x] as number)) * channels + channel] as number;
    const right = data[(at + (columns.second[x] as number)) * channels + channel] as number;
    const part = columns.fraction[x] as number;
    return fround(fround(left * fround(1 - part)) + fround(right * part));
  };
  for (let y = 0; y < rows.first.length; y++) {
    const part = rows.fraction[y] as number;
    for (let x = 0; x < columns.first.length; x++) {
      for (let channel = 0; channel < channels; channel++) {
        const upper = across(rows.first[y] as number, x, channel);
        const lower = across(rows.second[y] as number, x, channel);
        const value = fround(fround(upper * fround(1 - part)) + fround(lower * part));
        put(target, x, y, channel, channels, Math.min(65_535, roundHalfEven(value)));
      }
    }
  }
}

/** As `filteredToTensor`, for values of up to 16 bits, with 16 bits between the two passes. */
export function deepFiltered(pixels: Pixels, columns: FilterTaps, rows: FilterTaps, target: TensorTarget): void {
  const { data, channels, width } = pixels;
  const columnCount = columns.first.length;
  const last = rows.first.length - 1;
  const top = rows.first[0] as number;
  const bottom = (rows.first[last] as number) + (rows.count[last] as number);
  const stride = columnCount * channels;
  const middle = new Uint16Array((bottom - top) * stride);
  for (let y = top; y < bottom; y++) {
    for (let x = 0; x < columnCount; x++) {
      for (let channel = 0; channel < channels; channel++) {
        const from = (y * width + (columns.first[x] as number)) * channels + channel;
        middle[(y - top) * stride + x * channels + channel] = weighted(data, from, channels, columns, x);
      }
    }
  }
  for (let y = 0; y < rows.first.length; y++) {
    const row = ((rows.first[y] as number) - top) * stride;
    for (let x = 0; x < columnCount; x++) {
      for (let channel = 0; channel < channels; channel++) {
        put(target, x, y, channel, channels, weighted(middle, row + x * channels + channel, stride, rows, y));
      }
    }
  }
}

function weighted(data: Pixels['data'], from: number, step: number, taps: FilterTaps, index: number): number {
  let sum = 0;
  for (let tap = 0; tap < (taps.count[index] as number); tap++) {
    sum += (data[from + tap * step] as number) * (taps.weights[index * taps.longest + tap] as number);
  }
  return Math.min(65_535, Math.max(0, Math.round(sum / 2 ** WEIGHT_BITS)));
}

/** Gray goes to every plane. */
function put(target: TensorTarget, x: number, y: number, channel: number, channels: number, value: number): void {
  const { data, tables, planes, stepX, stepY } = target;
  const [first, end] = channels === 1 ? [0, planes.length] : [channel, channel + 1];
  for (let plane = first; plane < end; plane++) {
    data[(planes[plane] as number) + y * stepY + x * stepX] = (tables[plane] as InputData)[value] as number;
  }
}
