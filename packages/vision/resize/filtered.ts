import type { Pixels } from '../image/pixels.ts';
import type { TensorTarget } from '../tensor/tensor-target.ts';
import { WEIGHT_BITS } from './filter-taps.ts';
import type { FilterTaps } from './filter-taps.ts';

const HALF = 1 << (WEIGHT_BITS - 1);

/** Rows of the image after the first pass, kept between images. */
export interface Scratch {
  rows: Uint8Array;
}

/**
 * Resizes with a wide filter in two passes with 8 bits between them, across first, as Pillow does;
 * the second pass writes through the target's tables.
 */
export function filteredToTensor(
  pixels: Pixels,
  columns: FilterTaps,
  rows: FilterTaps,
  target: TensorTarget,
  scratch: Scratch,
): void {
  const { channels } = pixels;
  const width = columns.first.length;
  const last = rows.first.length - 1;
  const top = rows.first[0] as number;
  const bottom = (rows.first[last] as number) + (rows.count[last] as number);
  const stride = width * channels;
  if (scratch.rows.length < (bottom - top) * stride) scratch.rows = new Uint8Array((bottom - top) * stride);
  across(pixels, columns, top, bottom, scratch.rows);
  down(scratch.rows, stride, channels, top, rows, target);
}

function across(pixels: Pixels, taps: FilterTaps, top: number, bottom: number, out: Uint8Array): void {
  const { data, width, channels } = pixels;
  let to = 0;
  for (let y = top; y < bottom; y++) {
    const row = y * width * channels;
    for (let x = 0; x < taps.first.length; x++) {
      const count = taps.count[x] as number;
      const weightsAt = x * taps.longest;
      for (let channel = 0; channel < channels; channel++) {
        let sum = HALF;
        let from = row + (taps.first[x] as number) * channels + channel;
        for (let tap = 0; tap < count; tap++, from += channels) {
          sum = (sum + Math.imul(data[from] as number, taps.weights[weightsAt + tap] as number)) | 0;
        }
        out[to++] = clampByte(sum >> WEIGHT_BITS);
      }
    }
  }
}

function down(
  source: Uint8Array,
  stride: number,
  channels: number,
  top: number,
  taps: FilterTaps,
  target: TensorTarget,
): void {
  const { data, tables, stepX, stepY, planes } = target;
  const width = stride / channels;
  const spread = channels === 1;
  for (let y = 0; y < taps.first.length; y++) {
    const count = taps.count[y] as number;
    const weightsAt = y * taps.longest;
    const row = ((taps.first[y] as number) - top) * stride;
    let to = y * stepY;
    for (let x = 0; x < width; x++, to += stepX) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = HALF;
        let from = row + x * channels + channel;
        for (let tap = 0; tap < count; tap++, from += stride) {
          sum = (sum + Math.imul(source[from] as number, taps.weights[weightsAt + tap] as number)) | 0;
        }
        const value = clampByte(sum >> WEIGHT_BITS);
        for (let plane = spread ? 0 : channel; plane < (spread ? planes.length : channel + 1); plane++) {
          data[to + (planes[plane] as number)] = (tables[plane] as TensorTarget['data'])[value] as number;
        }
      }
    }
  }
}

function clampByte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
