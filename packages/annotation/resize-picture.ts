import { blankPicture } from '#packages/jpeg';
import type { JpegPicture, PicturePlane } from '#packages/jpeg';

import type { Canvas } from './scale.ts';

/** The picture in another size, plane by plane; the picture itself if the size is its own. Source pixels count by their nearness. */
export function resizePicture(picture: JpegPicture, { width, height }: Canvas): JpegPicture {
  if (picture.width === width && picture.height === height) return picture;
  const resized = blankPicture(width, height);
  for (const plane of ['luma', 'blue', 'red'] as const)
    resizePlane(picture.data, picture[plane], resized.data, resized[plane]);
  return resized;
}

function resizePlane(source: Uint8Array, from: PicturePlane, target: Uint8Array, to: PicturePlane): void {
  const columns = tapsOf(from.columns, to.columns);
  const rows = tapsOf(from.rows, to.rows);
  const sums = new Float32Array(from.columns);
  for (let y = 0; y < to.rows; y++) {
    sums.fill(0);
    const row = rows[y] as Taps;
    row.weights.forEach((weight, index) =>
      addRow(source, from.offset + (row.first + index) * from.stride, weight, sums),
    );
    const out = to.offset + y * to.stride;
    for (let x = 0; x < to.columns; x++) {
      const { first, weights } = columns[x] as Taps;
      let value = 0;
      for (let tap = 0; tap < weights.length; tap++) value += (sums[first + tap] as number) * (weights[tap] as number);
      target[out + x] = Math.round(value);
    }
  }
}

function addRow(source: Uint8Array, at: number, weight: number, sums: Float32Array): void {
  for (let x = 0; x < sums.length; x++) sums[x] = (sums[x] as number) + weight * (source[at + x] as number);
}

interface Taps {
  readonly first: number;
  /** Their sum is 1. */
  readonly weights: readonly number[];
}

/** A triangle as wide as two pixels of whichever side has the larger ones. */
function tapsOf(from: number, to: number): readonly Taps[] {
  const scale = from / to;
  const reach = Math.max(1, scale);
  return Array.from({ length: to }, (_, index) => {
    const center = (index + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(center - reach));
    const last = Math.min(from - 1, Math.floor(center + reach));
    const raw = Array.from({ length: last - first + 1 }, (_, tap) => 1 - Math.abs(first + tap - center) / reach);
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return sum > 0 ? { first, weights: raw.map((weight) => weight / sum) } : { first, weights: [1] };
  });
}
