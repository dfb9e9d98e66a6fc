import type { Box } from '#packages/model-package';

import type { Polygon } from './areas.ts';
import type { Bitmap, Span } from './bitmap.ts';

type Size = Pick<Bitmap, 'width' | 'height'>;

/** Every pixel that a box touches. */
export function boxSpans([x0, y0, x1, y1]: Box, { width, height }: Size): readonly Span[] {
  const from = clamp(Math.floor(x0 * width), width);
  const to = clamp(Math.ceil(x1 * width), width);
  const spans: Span[] = [];
  for (let y = clamp(Math.floor(y0 * height), height); y < clamp(Math.ceil(y1 * height), height); y++)
    if (from < to) spans.push({ y, from, to });
  return spans;
}

/** Lines looked at per row of pixels, so that slim parts between two rows are not missed. */
const LINES_PER_ROW = 4;

/** The pixels of a polygon by the even-odd rule; those at its edge are in. */
export function polygonSpans(polygon: Polygon, { width, height }: Size): readonly Span[] {
  const corners = polygon.map(([x = 0, y = 0]) => [x * width, y * height] as const);
  const ys = corners.map(([, y]) => y);
  const spans: Span[] = [];
  for (let y = clamp(Math.floor(Math.min(...ys)), height); y < clamp(Math.ceil(Math.max(...ys)), height); y++) {
    const found: Span[] = [];
    for (let line = 0; line < LINES_PER_ROW; line++) {
      const crossings = crossingsAt(corners, y + (line + 0.5) / LINES_PER_ROW);
      for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
        const from = clamp(Math.floor(crossings[pair] ?? 0), width);
        const to = clamp(Math.ceil(crossings[pair + 1] ?? 0), width);
        if (from < to) found.push({ y, from, to });
      }
    }
    spans.push(...merged(found));
  }
  return spans;
}

/** Spans of one row, those that touch made one. */
function merged(spans: readonly Span[]): readonly Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = result.at(-1);
    if (last && span.from <= last.to) result[result.length - 1] = { ...last, to: Math.max(last.to, span.to) };
    else result.push(span);
  }
  return result;
}

function crossingsAt(corners: readonly (readonly [number, number])[], y: number): readonly number[] {
  const crossings: number[] = [];
  for (const [index, [x0, y0]] of corners.entries()) {
    const [x1, y1] = corners[(index + 1) % corners.length] ?? [x0, y0];
    if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  }
  return crossings.sort((a, b) => a - b);
}

function clamp(value: number, max: number): number {
  return Math.min(max, Math.max(0, value));
}
