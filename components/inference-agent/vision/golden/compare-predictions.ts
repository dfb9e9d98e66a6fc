import type { Box, Prediction } from '../../../common/prediction.ts';

export interface Tolerance {
  /** Largest difference of a score. */
  readonly scoreTolerance: number;
  /** Smallest overlap of a box with the expected one. */
  readonly iou: number;
}

/**
 * What differs from the expectation, in sentences; none where all is well. Order does not matter.
 * Scores near the threshold may fall below it or rise above it: predictions that are missing or too many are forgiven
 * within the tolerance of `scoreFloor`.
 */
export function comparePredictions(
  actual: readonly Prediction[],
  expected: readonly Prediction[],
  tolerance: Tolerance,
  scoreFloor: number,
): readonly string[] {
  const free = new Set(actual);
  const differences: string[] = [];
  for (const one of expected) {
    const found = nearest(one, free, tolerance);
    if (found) free.delete(found);
    if (found && Math.abs(found.score - one.score) <= tolerance.scoreTolerance) continue;
    if (found) differences.push(`${nameOf(one)} scores ${round(found.score)} instead of ${round(one.score)}`);
    else if (one.score > scoreFloor + tolerance.scoreTolerance)
      differences.push(`${nameOf(one)} with score ${round(one.score)} is missing`);
  }
  for (const one of free) {
    if (one.score > scoreFloor + tolerance.scoreTolerance)
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

/** Among those of the same class that overlap enough, the one with the nearest score. */
function nearest(
  expected: Prediction,
  candidates: ReadonlySet<Prediction>,
  tolerance: Tolerance,
): Prediction | undefined {
  let best: Prediction | undefined;
  for (const candidate of candidates) {
    if (candidate.classId !== expected.classId || (candidate.box === undefined) !== (expected.box === undefined))
      continue;
    if (candidate.box && expected.box && boxIou(candidate.box, expected.box) < tolerance.iou) continue;
    const isNearer = !best || Math.abs(candidate.score - expected.score) < Math.abs(best.score - expected.score);
    if (isNearer) best = candidate;
  }
  return best;
}

function nameOf(prediction: Prediction): string {
  const box = prediction.box ? ` at [${prediction.box.map(round).join(', ')}]` : '';
  return `class ${prediction.classId} (${prediction.label})${box}`;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
