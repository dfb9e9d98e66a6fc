import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { SCALES } from '../sketch/features.ts';
import { Histogram } from '../sketch/histogram.ts';
import { binGroups, grouped } from './bin-groups.ts';
import { clusterEffect } from './cluster-effect.ts';
import { Cusum } from './cusum.ts';
import { chanceOfIndex, jensenShannon, stabilityIndex } from './distances.ts';
import { sharesBeyond, usualRange } from './usual-range.ts';

const counts = (...values: number[]): Float64Array => Float64Array.from(values);
/** So large that the prior of a half does not show. */
const large = (...shares: number[]): Float64Array => counts(...shares.map((share) => 1e7 * share));

describe('distances', () => {
  it('give what the formulae give by hand', () => {
    // (0.5 - 0.4) ln(0.5 / 0.4) + (0.5 - 0.6) ln(0.5 / 0.6)
    expect(stabilityIndex(large(0.4, 0.6), large(0.5, 0.5))).toBeCloseTo(0.040_55, 4);
    expect(jensenShannon(large(1, 0), large(0, 1))).toBeCloseTo(1, 4);
    // Of (1, 0) and (0.5, 0.5): H(0.75, 0.25) - H(0.5, 0.5) / 2 = 0.8113 - 0.5
    expect(jensenShannon(large(1, 0), large(0.5, 0.5))).toBeCloseTo(0.3113, 3);
  });

  it('are 0 for the same, never negative, and do not go through the roof for what was never seen', () => {
    expect(stabilityIndex(counts(3, 4), counts(3, 4))).toBe(0);
    expect(jensenShannon(counts(3, 4), counts(3, 4))).toBeCloseTo(0);
    expect(stabilityIndex(counts(100, 0), counts(0, 100))).toBeLessThan(12);
  });

  it('of two samples of one distribution stay below what chance does', () => {
    const random = seededRandom(5);
    const sample = (size: number): Float64Array => {
      const sums = new Float64Array(10);
      for (let at = 0; at < size; at++) {
        const group = Math.floor(10 * random() ** 2);
        sums[group] = (sums[group] as number) + 1;
      }
      return sums;
    };
    const values = Array.from({ length: 400 }, () => stabilityIndex(sample(1_000), sample(300)));
    const limit = chanceOfIndex(10, 1_000, 300);
    expect(Math.max(...values)).toBeLessThan(limit);
    // Degrees of freedom times (1/n + 1/m) on average: the limit is not far above.
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean / (9 * (1 / 1_000 + 1 / 300))).toBeCloseTo(1, 0);
    expect(limit / mean).toBeLessThan(6);
  });
});

describe('binGroups', () => {
  it('holds a tenth of the baseline in each group, and what lies beyond it apart', () => {
    const histogram = new Histogram(SCALES.brightness);
    for (let value = 80; value < 160; value++) histogram.add(value);
    const groups = binGroups(histogram.counts)!;
    const sums = [...grouped(histogram.counts, groups)];
    expect(sums[0]).toBe(0);
    expect(sums.at(-1)).toBe(0);
    expect(Math.min(...sums.slice(1, -1))).toBeGreaterThanOrEqual(8);
    expect(sums.length).toBeGreaterThanOrEqual(8);
    expect(groups.every((group, bin) => bin === 0 || group - groups[bin - 1]! <= 1)).toBe(true);
  });

  it('sees that a camera which always had one brightness has another one', () => {
    const [before, now] = [new Histogram(SCALES.brightness), new Histogram(SCALES.brightness)];
    for (let times = 0; times < 500; times++) before.add(100);
    for (let times = 0; times < 500; times++) now.add(140);
    const groups = binGroups(before.counts)!;
    expect(stabilityIndex(grouped(before.counts, groups), grouped(now.counts, groups))).toBeGreaterThan(5);
  });
});

describe('clusterEffect', () => {
  it('is 1 for parts that are alike, and large for parts each of which is of one kind', () => {
    expect(clusterEffect([counts(50, 50), counts(49, 51), counts(52, 48)])).toBe(1);
    expect(clusterEffect([counts(100, 0), counts(0, 100), counts(100, 0)])).toBeCloseTo(150, 0);
    expect(clusterEffect([counts(3, 4)])).toBe(1);
  });
});

describe('usualRange', () => {
  const of = (values: readonly number[]): Histogram => {
    const histogram = new Histogram(SCALES.brightness);
    values.forEach((value) => histogram.add(value));
    return histogram;
  };

  it('leaves room on both sides, more of it if few pictures were seen', () => {
    const values = (count: number): number[] => Array.from({ length: count }, (_, at) => 100 + (40 * at) / count);
    const [many, few] = [usualRange(of(values(1_000)))!, usualRange(of(values(5)))!];
    expect(many).toEqual({ first: 21, last: 38 });
    expect(few.first).toBeLessThan(many.first);
    expect(few.last).toBeGreaterThan(many.last);
    expect(sharesBeyond(of([20, 120, 120, 250]), many)).toEqual({ below: 0.25, above: 0.25 });
  });

  it('is undefined if nothing was seen, and always leaves the end of the scale outside', () => {
    expect(usualRange(of([]))).toBeUndefined();
    expect(sharesBeyond(of([0]), usualRange(of([12, 200]))!).below).toBe(1);
  });
});

describe('Cusum', () => {
  const feed = (cusum: Cusum, means: readonly number[]): Cusum => {
    means.forEach((mean) => cusum.add(mean, 0.1));
    return cusum;
  };
  const quiet = Array.from({ length: 60 }, (_, at) => 10 + Math.sin(at * 7));

  it('finds a trend whose single steps are too small to see, and tells which way it goes', () => {
    const falling = Array.from({ length: 40 }, (_, at) => 10 + Math.sin(at * 7) - 0.15 * at);
    const cusum = feed(new Cusum(), [...quiet.slice(0, 21), ...falling]);
    expect(cusum.level).toBeGreaterThan(1);
    expect(cusum.direction).toBe('lower');
    expect(feed(new Cusum(), quiet).level).toBeLessThan(0.2);
  });

  it('goes on after its JSON, and ends when the means are back', () => {
    const cusum = feed(new Cusum(), [...quiet.slice(0, 21), ...Array<number>(20).fill(20)]);
    const back = Cusum.from(JSON.parse(JSON.stringify(cusum)) as ReturnType<Cusum['toJSON']>);
    expect(back.level).toBe(cusum.level);
    expect(feed(back, Array<number>(30).fill(10)).level).toBe(0);
  });
});
