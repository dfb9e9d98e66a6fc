import type { Bitmap, Span } from './bitmap.ts';
import { colors } from './bitmap.ts';

/** Averages of square cells over the bounding box of some pixels. */
export interface AverageGrid {
  /** Row by row, channels interleaved. */
  readonly values: Float32Array;
  readonly columns: number;
  readonly rows: number;
  readonly left: number;
  readonly top: number;
  readonly cellPixels: number;
}

/** The cells that are left of an area along its longer side: too little to know a face or read a plate. */
const CELLS = 6;
/** Smaller cells would show small areas as they are. */
const MIN_CELL_PIXELS = 12;

/** Only the given pixels count; a cell without any has the average of all. */
export function averageGrid(bitmap: Bitmap, spans: readonly Span[]): AverageGrid {
  const { data, width, channels } = bitmap;
  const shown = colors(bitmap);
  const { left, right, top, bottom } = bounds(spans);
  const cellPixels = Math.max(MIN_CELL_PIXELS, Math.ceil(Math.max(right - left, bottom - top) / CELLS));
  const columns = Math.ceil((right - left) / cellPixels);
  const rows = Math.ceil((bottom - top) / cellPixels);
  const sums = new Float64Array(columns * rows * shown);
  const counts = new Uint32Array(columns * rows);
  for (const { y, from, to } of spans) {
    const row = Math.floor((y - top) / cellPixels) * columns;
    for (let x = from; x < to; x++) {
      const cell = row + Math.floor((x - left) / cellPixels);
      const at = (y * width + x) * channels;
      counts[cell]!++;
      for (let channel = 0; channel < shown; channel++) sums[cell * shown + channel]! += data[at + channel]!;
    }
  }
  return { values: means(sums, counts, shown), columns, rows, left, top, cellPixels };
}

function means(sums: Float64Array, counts: Uint32Array, shown: number): Float32Array {
  const values = new Float32Array(sums.length);
  const all = counts.reduce((total, count) => total + count, 0);
  for (let channel = 0; channel < shown; channel++) {
    let total = 0;
    for (let place = channel; place < sums.length; place += shown) total += sums[place]!;
    for (const [cell, count] of counts.entries()) {
      const place = cell * shown + channel;
      values[place] = count === 0 ? total / all : sums[place]! / count;
    }
  }
  return values;
}

function bounds(spans: readonly Span[]) {
  let [left, right, top, bottom] = [Infinity, 0, Infinity, 0];
  for (const { y, from, to } of spans) {
    left = Math.min(left, from);
    right = Math.max(right, to);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y + 1);
  }
  return { left, right, top, bottom };
}
