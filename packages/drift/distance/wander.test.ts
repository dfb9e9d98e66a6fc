import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { Direction } from '../sketch/direction.ts';
import { vectorClusterEffect, wander, WANDERS_AT_MOST } from './wander.ts';

const UNIT = 2 ** 24;
const random = seededRandom(9);
const normal = (): number => Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());

/** Mean direction of vectors around the first axis. @param spread deviation along each of the other axes */
function sampleOf(count: number, dimensions: number, spread: number, shift = 0): Direction {
  const direction = new Direction(dimensions, UNIT);
  for (let n = 0; n < count; n++) {
    const vector = Array.from({ length: dimensions }, (_, at) => (at === 0 ? 1 : shift + spread * normal()));
    const long = Math.hypot(...vector);
    direction.addUnit(vector.map((value) => value / long));
  }
  return direction;
}

describe('wander', () => {
  it.each([
    ['along one line', 2, 0.3],
    ['along 63, a little', 64, 0.02],
    ['along 63, far', 64, 0.2],
  ])(
    'is what mean directions of vectors that spread %s differ by, and chance stays below its bound',
    (_, size, spread) => {
      const pairs = Array.from(
        { length: 400 },
        () => [sampleOf(60, size, spread), sampleOf(30, size, spread)] as const,
      );
      const ratios = pairs.map(([one, other]) => (1 - one.cosine(other)) / (wander(one, 60) + wander(other, 30)));
      const mean = ratios.reduce((sum, ratio) => sum + ratio, 0) / ratios.length;
      expect(mean).toBeGreaterThan(0.8);
      expect(mean).toBeLessThan(1.2);
      expect(Math.max(...ratios)).toBeLessThan(WANDERS_AT_MOST);
    },
  );

  it('knows nothing of one vector, and of vectors that point anywhere', () => {
    expect(wander(sampleOf(1, 8, 0.1), 1)).toBe(Infinity);
    const both = sampleOf(1, 3, 0);
    const opposite = new Direction(3, UNIT);
    opposite.addUnit([-1, 0, 0]);
    both.merge(opposite);
    expect(wander(both, 2)).toBe(Infinity);
    expect(wander(sampleOf(40, 3, 0), 40)).toBeCloseTo(0);
  });
});

describe('vectorClusterEffect', () => {
  const wholeOf = (parts: readonly Direction[]): Direction => {
    const whole = new Direction(16, UNIT);
    for (const part of parts) whole.merge(part);
    return whole;
  };
  const effectOf = (parts: readonly Direction[]): number => vectorClusterEffect(wholeOf(parts), parts);

  it('is about 1 for parts that are alike, and large for parts each of which is elsewhere', () => {
    const effects = Array.from({ length: 40 }, () => effectOf(Array.from({ length: 8 }, () => sampleOf(50, 16, 0.1))));
    expect(Math.max(...effects)).toBeLessThan(2);
    expect(
      effectOf(Array.from({ length: 8 }, (_, part) => sampleOf(50, 16, 0.1, part % 2 ? 0.2 : -0.2))),
    ).toBeGreaterThan(30);
    expect(effectOf([sampleOf(50, 16, 0.1)])).toBe(1);
  });
});
