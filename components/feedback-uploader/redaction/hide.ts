import type { Bitmap, Span } from './bitmap.ts';
import { colors } from './bitmap.ts';
import { averageGrid } from './average-grid.ts';

/** Paints the pixels black. */
export function blacken(bitmap: Bitmap, spans: readonly Span[]): void {
  const { data, width, channels } = bitmap;
  const shown = colors(bitmap);
  for (const { y, from, to } of spans) {
    for (let at = (y * width + from) * channels; at < (y * width + to) * channels; at += channels)
      data.fill(0, at, at + shown);
  }
}

/**
 * Puts a smooth picture of at most 6 × 6 averages in the place of the pixels. Unlike a Gaussian blur, which can be undone in
 * part, what the averages do not hold is gone.
 */
export function blur(bitmap: Bitmap, spans: readonly Span[]): void {
  if (spans.length === 0) return;
  const { data, width, channels } = bitmap;
  const shown = colors(bitmap);
  const { values, columns, rows, left, top, cellPixels } = averageGrid(bitmap, spans);
  for (const { y, from, to } of spans) {
    const row = between((y - top + 0.5) / cellPixels - 0.5, rows);
    const upper = row.first * columns;
    const lower = row.second * columns;
    for (let x = from; x < to; x++) {
      const column = between((x - left + 0.5) / cellPixels - 0.5, columns);
      const at = (y * width + x) * channels;
      for (let channel = 0; channel < shown; channel++) {
        const value = (cell: number): number => values[cell * shown + channel] ?? 0;
        const above = mix(value(upper + column.first), value(upper + column.second), column.share);
        const below = mix(value(lower + column.first), value(lower + column.second), column.share);
        data[at + channel] = Math.round(mix(above, below, row.share));
      }
    }
  }
}

/** The two cells that a place lies between, and how near it is to the second. */
function between(place: number, count: number): { first: number; second: number; share: number } {
  const first = Math.floor(place);
  return { first: clamp(first, count), second: clamp(first + 1, count), share: place - first };
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

function clamp(index: number, count: number): number {
  return Math.min(count - 1, Math.max(0, index));
}
