import type { Box, Prediction } from '#packages/model-package';
import { compareDetails } from './compare-details.ts';
import type { DetailTolerance } from './compare-details.ts';

interface Tolerance extends DetailTolerance {
  /** Largest difference of a score. */
  readonly scoreTolerance: number;
  /** Smallest overlap of a box with the expected one. */
  readonly iou: number;
}

/** Where lists of predictions end, so that what lies at the end may differ. */
export interface Bounds {
  /** Lowest score that the model reports; -Infinity without a threshold. */
  readonly threshold: number;
  /** Most predictions that the model reports. */
  readonly limit: number;
}

/**
 * Differences from the expectation, in sentences; none if all is well. Order does not matter.
 * A prediction that scores so near to the end of the list (the threshold, or the last of a full list) that the tolerance can push it over
 * may be missing or too much.
 */
export function comparePredictions(
  actual: readonly Prediction[],
  expected: readonly Prediction[],
  tolerance: Tolerance,
  bounds: Bounds,
): readonly string[] {
  const free = new Set(actual);
  const differences: string[] = [];
  const missingFloor = lowestOf(actual, bounds) + tolerance.scoreTolerance;
  for (const one of expected) {
    const found = nearest(one, free, tolerance);
    if (found) {
      free.delete(found);
      differences.push(...compareOne(found, one, tolerance));
    } else if (one.score > missingFloor && !isNextToNothing(one, tolerance)) {
      differences.push(`${nameOf(one)} with score ${round(one.score)} is missing`);
    }
  }
  // An expectation without boxes lists the best classes only: anything below its last is not looked at.
  const isRanking = expected.length > 0 && expected.every(({ box, share }) => box === undefined && share === undefined);
  const extraFloor = (isRanking ? scoreFloor(expected) : lowestOf(expected, bounds)) + tolerance.scoreTolerance;
  for (const one of free) {
    if (one.score > extraFloor && !isNextToNothing(one, tolerance))
      differences.push(`${nameOf(one)} with score ${round(one.score)} is not expected`);
  }
  return differences;
}

/** Intersection over union, 0..1. */
export function boxIou(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared);
}

function compareOne(actual: Prediction, expected: Prediction, tolerance: Tolerance): readonly string[] {
  const differences: string[] = [];
  if (!(Math.abs(actual.score - expected.score) <= tolerance.scoreTolerance)) {
    differences.push(`${nameOf(expected)} scores ${round(actual.score)} instead of ${round(expected.score)}`);
  }
  if (actual.label !== expected.label && !isOnThreshold(expected, tolerance)) {
    differences.push(`class ${expected.classId} is called "${actual.label}" instead of "${expected.label}"`);
  }
  for (const detail of compareDetails(actual, expected, tolerance)) differences.push(`${nameOf(expected)} ${detail}`);
  return differences;
}

/** Among those of the same class that overlap enough, the one with the nearest score. */
function nearest(
  expected: Prediction,
  candidates: ReadonlySet<Prediction>,
  tolerance: Tolerance,
): Prediction | undefined {
  let best: Prediction | undefined;
  for (const candidate of candidates) {
    if (candidate.threshold === undefined && candidate.classId !== expected.classId) continue;
    if ((candidate.box === undefined) !== (expected.box === undefined)) continue;
    if (candidate.box && expected.box && boxIou(candidate.box, expected.box) < tolerance.iou) continue;
    if (!best || Math.abs(candidate.score - expected.score) < Math.abs(best.score - expected.score)) best = candidate;
  }
  return best;
}

/** A class of so few pixels that the tolerance can take them all away. */
function isNextToNothing({ share = 1 }: Prediction, { scoreTolerance }: Tolerance): boolean {
  return share <= scoreTolerance;
}

/** An image that may be called normal or anomalous, known or unknown, as the tolerance has it. */
function isOnThreshold({ score, threshold }: Prediction, { scoreTolerance }: Tolerance): boolean {
  return threshold !== undefined && Math.abs(score - threshold) <= scoreTolerance;
}

/** The threshold, or the last score of a list that is full. */
function lowestOf(predictions: readonly Prediction[], bounds: Bounds): number {
  return predictions.length < bounds.limit ? bounds.threshold : Math.max(bounds.threshold, scoreFloor(predictions));
}

function scoreFloor(predictions: readonly Prediction[]): number {
  return predictions.reduce((lowest, { score }) => Math.min(lowest, score), Infinity);
}

function nameOf(prediction: Prediction): string {
  const box = prediction.box ? ` at [${prediction.box.map(round).join(', ')}]` : '';
  return `class ${prediction.classId} (${prediction.label})${box}`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
