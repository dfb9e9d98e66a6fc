import type { Rgb, Surface } from '../surface/surface.ts';
import { scratchMask } from '../surface/scratch-mask.ts';

/** Pixels. A line that begins and ends at one point is a dot. */
export interface Line {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export interface LineStyle {
  readonly width: number;
  readonly color: Rgb;
  /** 0 to 1. */
  readonly opacity: number;
}

/** Lines with round ends; those that cross are not darker where they do. */
export function drawLines(surface: Surface, lines: readonly Line[], { width, color, opacity }: LineStyle): void {
  const reach = width / 2 + 1;
  const onX = lines.flatMap(({ x0, x1 }) => [x0, x1]);
  const onY = lines.flatMap(({ y0, y1 }) => [y0, y1]);
  const left = Math.max(0, Math.floor(Math.min(...onX) - reach));
  const top = Math.max(0, Math.floor(Math.min(...onY) - reach));
  const right = Math.min(surface.width, Math.ceil(Math.max(...onX) + reach));
  const bottom = Math.min(surface.height, Math.ceil(Math.max(...onY) + reach));
  if (!(right > left && bottom > top)) return;
  const mask = scratchMask(left, top, right - left, bottom - top);
  mask.coverage.fill(0, 0, mask.width * mask.height);
  for (const line of lines) {
    for (let y = Math.max(top, Math.floor(Math.min(line.y0, line.y1) - reach)); y < bottom; y++) {
      if (y > Math.max(line.y0, line.y1) + reach) break;
      const row = (y - top) * mask.width - left;
      const [from, to] = reachedColumns(line, y + 0.5, reach);
      for (let x = Math.max(left, Math.floor(from)); x < Math.min(right, to); x++) {
        const covered = Math.min(1, Math.max(0, width / 2 + 0.5 - distanceTo(line, x + 0.5, y + 0.5)));
        const value = Math.round(255 * covered);
        if (value > (mask.coverage[row + x] as number)) mask.coverage[row + x] = value;
      }
    }
  }
  surface.blend(mask, color, opacity);
}

/** Columns that a row of pixels may have in reach of a line, generously: the part of the line within reach of the row, and reach to both sides. */
function reachedColumns({ x0, y0, x1, y1 }: Line, y: number, reach: number): readonly [number, number] {
  const at = (wanted: number): number => (y1 === y0 ? 0 : Math.min(1, Math.max(0, (wanted - y0) / (y1 - y0))));
  const [one, other] = y1 === y0 ? [x0, x1] : [x0 + at(y - reach) * (x1 - x0), x0 + at(y + reach) * (x1 - x0)];
  return [Math.min(one, other) - reach, Math.max(one, other) + reach];
}

function distanceTo({ x0, y0, x1, y1 }: Line, x: number, y: number): number {
  const [dx, dy] = [x1 - x0, y1 - y0];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / length));
  return Math.hypot(x - x0 - along * dx, y - y0 - along * dy);
}
