import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blankPicture } from '#packages/jpeg';
import { PictureSurface } from '../surface/picture-surface.ts';
import { RgbSurface } from '../surface/rgb-surface.ts';
import type { Surface } from '../surface/surface.ts';
import { fillRect, strokeRect } from './rect.ts';
import type { Rect } from './rect.ts';

const [WIDTH, HEIGHT] = [51, 37];
/** In eighths. */
const between = (min: number, max: number) => fc.integer({ min: 8 * min, max: 8 * max }).map((value) => value / 8);
const rects = fc.record({
  x: between(-20, 50),
  y: between(-20, 36),
  width: between(10, 70),
  height: between(10, 55),
});
const radii = between(0, 7);
/** Undefined: filled. */
const lines = fc.option(between(1, 7), { nil: undefined });

function draw(surface: Surface, rect: Rect, radius: number, line: number | undefined, color: readonly number[]): void {
  const style = { radius, color: color as [number, number, number], opacity: 1 };
  if (line === undefined) fillRect(surface, rect, style);
  else strokeRect(surface, rect, line, style);
}

/** How much of each pixel is covered, 0 to 255. */
function coverageOf(rect: Rect, radius: number, line: number | undefined): Uint8Array {
  const data = new Uint8Array(3 * WIDTH * HEIGHT);
  draw(new RgbSurface(data, WIDTH, HEIGHT), rect, radius, line, [255, 255, 255]);
  return data.filter((_, at) => at % 3 === 0);
}

/** The part of a pixel that lies inside, from 8 × 8 points in it. */
function insideOf({ x, y, width, height }: Rect, radius: number, column: number, row: number): number {
  if (width <= 0 || height <= 0) return 0;
  const round = Math.min(radius, width / 2, height / 2);
  let count = 0;
  for (let point = 0; point < 64; point++) {
    const [px, py] = [column + ((point % 8) + 0.5) / 8, row + (Math.floor(point / 8) + 0.5) / 8];
    const dx = Math.max(Math.abs(px - x - width / 2) - width / 2 + round, 0);
    const dy = Math.max(Math.abs(py - y - height / 2) - height / 2 + round, 0);
    if (round > 0 ? Math.hypot(dx, dy) <= round : dx === 0 && dy === 0) count++;
  }
  return count / 64;
}

describe('fillRect and strokeRect', () => {
  it('cover each pixel about as far as it lies in the shape', () => {
    fc.assert(
      fc.property(rects, radii, lines, (rect, radius, line) => {
        const half = (line ?? 0) / 2;
        const grown = (by: number): Rect => ({
          x: rect.x - by,
          y: rect.y - by,
          width: rect.width + 2 * by,
          height: rect.height + 2 * by,
        });
        const coverage = coverageOf(rect, radius, line);
        for (let at = 0; at < coverage.length; at++) {
          const [column, row] = [at % WIDTH, Math.floor(at / WIDTH)];
          const outside = insideOf(grown(half), radius + half, column, row);
          const hollow = line === undefined ? 0 : insideOf(grown(-half), Math.max(0, radius - half), column, row);
          const off = Math.abs((coverage[at] as number) / 255 - (outside - hollow));
          if (off > 0.3) expect.fail(`${column},${row}: ${coverage[at]} of 255 for ${outside - hollow}`);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('give a picture the brightness of each pixel, and the color of each 2 × 2 on average', () => {
    fc.assert(
      fc.property(rects, radii, lines, (rect, radius, line) => {
        const coverage = coverageOf(rect, radius, line);
        const picture = blankPicture(WIDTH, HEIGHT);
        draw(new PictureSurface(picture), rect, radius, line, [255, 255, 0]);
        const covered = (x: number, y: number): number =>
          x < WIDTH && y < HEIGHT ? (coverage[y * WIDTH + x] as number) / 255 : 0;
        const { data, luma, blue } = picture;
        for (let y = 0; y < HEIGHT; y++) {
          for (let x = 0; x < WIDTH; x++) {
            const brightness = data[luma.offset + y * luma.stride + x] as number;
            if (Math.abs(brightness - 226 * covered(x, y)) > 2) expect.fail(`brightness ${brightness} at ${x},${y}`);
          }
        }
        // The last column and row of an odd size stand for themselves alone.
        for (let y = 0; y + 1 < HEIGHT; y += 2) {
          for (let x = 0; x + 1 < WIDTH; x += 2) {
            const mean = (covered(x, y) + covered(x + 1, y) + covered(x, y + 1) + covered(x + 1, y + 1)) / 4;
            const color = data[blue.offset + (y / 2) * blue.stride + x / 2] as number;
            if (Math.abs(color - (128 - 128 * mean)) > 2) expect.fail(`blue ${color} at ${x},${y}`);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
