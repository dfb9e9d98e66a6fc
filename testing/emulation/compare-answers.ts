import type { ResultMessage } from '#packages/http';
import { comparePredictions } from '#packages/vision';

/** Results by source and image. */
export type Answers = ReadonlyMap<string, ResultMessage>;

/** As for a golden test between processors: another order of sums moves scores a little. */
const TOLERANCE = { scoreTolerance: 0.02, iou: 0.95, pointTolerance: 0.05, angleTolerance: 0.1 };
const BOUNDS = { threshold: 0.4, limit: 100 };

/** One line for each image that has no answer, or another one: `<source>/<image>: …`. */
export function compareAnswers(actual: Answers, expected: Answers): readonly string[] {
  return [...expected].flatMap(([key, { predictions }]) => {
    const found = actual.get(key);
    if (!found) return [`${key}: no answer`];
    if (found.error) return [`${key}: ${found.error.message}`];
    const differences = comparePredictions(found.predictions, predictions, TOLERANCE, BOUNDS);
    return differences.length === 0 ? [] : [`${key}: ${differences.join('; ')}`];
  });
}
