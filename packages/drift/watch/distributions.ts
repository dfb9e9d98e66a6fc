import { binGroups, grouped } from '../distance/bin-groups.ts';
import { chanceOfDivergence, chanceOfIndex, jensenShannon, stabilityIndex } from '../distance/distances.ts';
import { CLASS_BINS, PLAIN_FEATURES } from '../sketch/features.ts';
import type { Sketch } from '../sketch/sketch.ts';
import type { Finding } from './finding.ts';

/** One distribution that a sketch holds, and how two of them are compared. */
export interface Distribution {
  readonly feature: Finding['feature'];
  readonly measure: 'psi' | 'jensen-shannon';
  readonly countsOf: (sketch: Sketch) => Float64Array | undefined;
  /** Predictions that both sides need. */
  readonly least: number;
}

/** Scores of a class are compared from so many predictions on. */
const LEAST_OF_CLASS = 100;

export const DISTRIBUTIONS: readonly Distribution[] = [
  ...PLAIN_FEATURES.map((feature): Distribution => ({
    feature,
    measure: 'psi',
    countsOf: (sketch) => sketch.feature(feature).counts,
    least: 1,
  })),
  { feature: 'scores', measure: 'psi', countsOf: (sketch) => sketch.scores().counts, least: 1 },
  { feature: 'classes', measure: 'jensen-shannon', countsOf: (sketch) => sketch.classes(), least: 1 },
  ...Array.from({ length: CLASS_BINS }, (_, bin): Distribution => ({
    feature: `scores:${bin}`,
    measure: 'jensen-shannon',
    countsOf: (sketch) => sketch.scoresOf(bin)?.counts,
    least: LEAST_OF_CLASS,
  })),
];

/** Counts by the groups that the baseline makes; undefined if the baseline or the sketch has too few. */
export function groupedCounts(
  { feature, countsOf, least }: Distribution,
  baseline: Sketch,
  sketch: Sketch,
): Float64Array | undefined {
  const [of, counts] = [countsOf(baseline), countsOf(sketch)];
  if (!of || !counts || sumOf(of) < least || sumOf(counts) < least) return undefined;
  // Classes have no order, so that neighbors cannot be joined.
  if (feature === 'classes') return counts;
  const groups = binGroups(of);
  return groups && grouped(counts, groups);
}

export function distance({ measure }: Distribution, one: Float64Array, other: Float64Array): number {
  return measure === 'psi' ? stabilityIndex(one, other) : jensenShannon(one, other);
}

/** The distance by chance alone of two samples that are worth so many pictures. */
export function chance(
  { measure }: Distribution,
  [one, other]: readonly [Float64Array, Float64Array],
  [oneSize, otherSize]: readonly [number, number],
): number {
  const groups = one.filter((times, group) => times + (other[group] as number) > 0).length;
  return measure === 'psi' ? chanceOfIndex(groups, oneSize, otherSize) : chanceOfDivergence(groups, oneSize, otherSize);
}

function sumOf(counts: Float64Array): number {
  return counts.reduce((sum, times) => sum + times, 0);
}
