import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainKernels } from './color-kernels.ts';
import { blankPicture, pictureIn } from './jpeg-picture.ts';
import type { JpegPicture } from './jpeg-picture.ts';
import { paintColumns, paintMask, paintRows } from './paint-picture.ts';

const sizes = fc.record({ width: fc.integer({ min: 1, max: 90 }), height: fc.integer({ min: 1, max: 30 }) });
const place = { x: fc.integer({ min: -20, max: 90 }), y: fc.integer({ min: -20, max: 30 }) };
const rects = fc.record({
  ...place,
  width: fc.integer({ min: 0, max: 100 }),
  height: fc.integer({ min: 0, max: 40 }),
});
const colors = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255));
const opacities = fc.constantFrom(0, 0.2, 0.55, 1);

/** The same bytes whatever it is asked for, of which many are 0 and many are 255. */
function someCoverage(bytes: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: bytes }, () => {
    state = (state * 75 + 74) % 65_537;
    return state % 3 === 0 ? 0 : state % 3 === 1 ? 255 : state & 255;
  });
}

/** Planes with something on them. */
function shaded(picture: JpegPicture): JpegPicture {
  picture.data.forEach((_, at) => (picture.data[at] = (at * 7) & 255));
  return picture;
}

describe('paintMask', () => {
  it('makes the same in WebAssembly and in plain JavaScript', () => {
    fc.assert(
      fc.property(sizes, rects, colors, opacities, fc.nat(65_000), ({ width, height }, rect, color, opacity, seed) => {
        const mask = { ...rect, coverage: someCoverage(rect.width * rect.height, seed) };
        const one = shaded(blankPicture(width, height));
        const other = shaded(pictureIn(plainKernels(), width, height));
        for (const picture of [one, other]) paintMask(picture, mask, color, opacity);
        expect(Buffer.compare(one.data, other.data)).toBe(0);
      }),
    );
  });

  it('changes nothing beside the mask', () => {
    fc.assert(
      fc.property(sizes, rects, colors, fc.nat(65_000), ({ width, height }, rect, color, seed) => {
        const picture = shaded(blankPicture(width, height));
        const before = Uint8Array.from(picture.data);
        paintMask(picture, { ...rect, coverage: someCoverage(rect.width * rect.height, seed) }, color, 1);
        for (const [plane, half] of [
          [picture.luma, 0],
          [picture.blue, 1],
          [picture.red, 1],
        ] as const) {
          for (let row = 0; row < plane.rows; row++) {
            for (let column = 0; column < plane.columns; column++) {
              const [left, right] = [column << half, ((column + 1) << half) - 1];
              const [top, low] = [row << half, ((row + 1) << half) - 1];
              const isInside =
                right >= rect.x && left < rect.x + rect.width && low >= rect.y && top < rect.y + rect.height;
              const at = plane.offset + row * plane.stride + column;
              if (!isInside) expect(picture.data[at]).toBe(before[at]);
            }
          }
        }
      }),
    );
  });

  it('paints masks that are larger than its room in parts', () => {
    const [width, height] = [1_001, 303];
    const coverage = someCoverage(width * height, 5);
    const whole = blankPicture(width, height);
    paintMask(whole, { x: 0, y: 0, width, height, coverage }, [200, 90, 160], 0.5);
    const inRows = blankPicture(width, height);
    for (let y = 0; y < height; y += 2) {
      const rows = coverage.subarray(y * width, (y + 2) * width);
      paintMask(inRows, { x: 0, y, width, height: Math.min(2, height - y), coverage: rows }, [200, 90, 160], 0.5);
    }
    expect(Buffer.compare(whole.data, inRows.data)).toBe(0);
  });
});

describe('paintRows and paintColumns', () => {
  it('paint what the mask would', () => {
    fc.assert(
      fc.property(sizes, rects, colors, opacities, fc.nat(65_000), ({ width, height }, rect, color, opacity, seed) => {
        for (const [paint, count, index] of [
          [paintRows, rect.height, (at: number) => Math.floor(at / rect.width)],
          [paintColumns, rect.width, (at: number) => at % rect.width],
        ] as const) {
          const profile = someCoverage(count, seed);
          const coverage = Uint8Array.from({ length: rect.width * rect.height }, (_, at) => profile[index(at)]!);
          const [one, other] = [shaded(blankPicture(width, height)), shaded(blankPicture(width, height))];
          paint(one, { ...rect, coverage: profile }, color, opacity);
          paintMask(other, { ...rect, coverage }, color, opacity);
          // A last row of odd heights is shown with a copy of itself below, which columns may cover too.
          const rows = height - (height % 2);
          for (const plane of [one.luma, one.blue, one.red]) {
            const end = plane.offset + plane.stride * (plane === one.luma ? rows : rows / 2);
            expect(Buffer.compare(one.data.subarray(plane.offset, end), other.data.subarray(plane.offset, end))).toBe(
              0,
            );
          }
        }
      }),
    );
  });
});
