import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convexOverlap } from '#packages/shapes';
import { decode, float32, specOf } from '../../../testing/vision/decoder-rig.ts';
import { slowRegions } from '../../../testing/vision/slow-regions.ts';

const [WIDTH, HEIGHT] = [40, 24];
const spec = (keys: object = {}) =>
  specOf('oriented-detection', { decoder: 'db', ...keys }, { width: WIDTH, height: HEIGHT });

const bar = fc.record({
  x: fc.integer({ min: -2, max: WIDTH }),
  y: fc.integer({ min: -2, max: HEIGHT }),
  width: fc.integer({ min: 1, max: 24 }),
  height: fc.integer({ min: 1, max: 9 }),
  angle: fc.constantFrom(0, 0.2, 0.8, 1.4, Math.PI / 2, 2.5),
  value: fc.constantFrom(0.2, 0.4, 0.55, 0.7, 0.95),
});
type Bar = typeof bar extends fc.Arbitrary<infer Value> ? Value : never;

/** A map of bars, each a little uneven. */
function mapOf(bars: readonly Bar[]): readonly number[] {
  return Array.from({ length: WIDTH * HEIGHT }, (_, at) => {
    const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
    const inside = bars.filter((one) => {
      const [dx, dy, cos, sin] = [x - one.x, y - one.y, Math.cos(one.angle), Math.sin(one.angle)];
      return Math.abs(dx * cos + dy * sin) <= one.width / 2 && Math.abs(dy * cos - dx * sin) <= one.height / 2;
    });
    return Math.fround(Math.max(0.01, ...inside.map(({ value }) => value + 0.04 * Math.sin(at))));
  });
}

describe('the db decoder', () => {
  it.each([true, false])('finds what the obvious implementation finds, dilated: %j', async (dilate) => {
    await fc.assert(
      fc.asyncProperty(fc.array(bar, { minLength: 1, maxLength: 4 }), async (bars) => {
        const values = mapOf(bars);
        const found = await decode(spec({ dilate }), { map: float32([1, 1, HEIGHT, WIDTH], values) });
        const expected = slowRegions(values, WIDTH, HEIGHT, { dilate, pixel: 0.3, score: 0.5, ratio: 1.6 });
        fc.pre(expected.every(({ isTied }) => !isTied));

        expect(found.map(({ score }) => score)).toHaveLength(expected.length);
        const left = [...expected];
        for (const one of found) {
          const at = left.findIndex(
            ({ corners, score }) => Math.abs(score - one.score) < 1e-6 && convexOverlap(corners, one.corners!) > 0.999,
          );
          expect(at, JSON.stringify({ one, left })).toBeGreaterThanOrEqual(0);
          left.splice(at, 1);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('moves the sides of a line out, tells its angle, and puts it into the picture', async () => {
    const values = mapOf([{ x: 20, y: 12, width: 20, height: 6, angle: 0, value: 0.95 }]);
    const outputs = { map: float32([1, 1, HEIGHT, WIDTH], values) };
    const placement = { scaleX: 1, scaleY: 2, offsetX: 0, offsetY: -0.5 };
    const [line, ...others] = await decode(spec({ dilate: false }), outputs, { placement });
    expect(others).toEqual([]);
    // 20 × 6 between the centers of its pixels; each side goes out by 120 · 1.6 / 52.
    const by = (120 * 1.6) / 52;
    const [x0, y0, x1, y1] = [10 - by, 9 - by, 30 + by, 15 + by].map((side, at) => side / (at % 2 === 0 ? WIDTH : HEIGHT)) as [number, number, number, number]; // prettier-ignore
    [x0, 2 * y0 - 0.5, x1, 2 * y1 - 0.5].forEach((side, at) =>
      expect(line?.box?.[at]).toBeCloseTo(Math.min(1, Math.max(0, side)), 6),
    );
    expect(line?.angle).toBe(0);
    expect(line).toMatchObject({ classId: 0, label: 'text' });
  });

  it('refuses what is not a map', async () => {
    await expect(decode(spec(), { map: float32([2, 1, 2, 2], Array(8).fill(0)) })).rejects.toThrow(
      'needed is [1, 1, height, width]',
    );
  });
});
