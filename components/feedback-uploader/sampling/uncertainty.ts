import type { ReadPrediction } from '#packages/samples';
import type { Strategy, Verdict } from './strategy.ts';

/**
 * Measures one distribution and says whether it is uncertain enough.
 *
 * @param scores as they came, not yet summing to 1
 * @param rest what belongs to classes that are not in the list; 0 for a whole distribution
 */
export type UncertaintyRule = (scores: readonly number[], rest: number) => Verdict;

/**
 * A strategy from a rule over distributions.
 *
 * Detections have no distribution over classes: the detector tells only the score of the class that won. Each detection
 * is taken as the distribution `[s, 1 − s]` of "this object" against "not this object", and the image is kept when the
 * rule keeps any of them; so scores near 0.5 count as uncertain, and the many rows near 0 of a detector without a score
 * threshold do not. An image without detections is not kept: nothing was uncertain. NOVELTY is the strategy for those.
 * The measure per detection with the maximum over an image follows C.-A. Brust, C. Käding, J. Denzler, "Active Learning
 * for Deep Object Detection", VISAPP 2019.
 */
export function uncertaintyStrategy(rule: UncertaintyRule): Strategy {
  return (read) => {
    const prediction = read();
    if (prediction.kind === 'classes') return ruleOnClasses(prediction, rule);
    const verdicts = prediction.outcomes.map(({ score }) => rule([score, 1 - score], 0));
    const kept = verdicts.find((verdict) => verdict.keep);
    if (kept) return { keep: true, why: `a detection is uncertain: ${kept.why}` };
    return { keep: false, why: verdicts.length === 0 ? 'no detections' : 'every detection is certain enough' };
  };
}

/** Probabilities printed with few digits do not sum to exactly 1. */
const REST_WORTH_COUNTING = 1e-3;

function ruleOnClasses({ outcomes, complete }: ReadPrediction & { kind: 'classes' }, rule: UncertaintyRule): Verdict {
  const scores = outcomes.map((outcome) => outcome.score);
  const rest = 1 - scores.reduce((sum, score) => sum + score, 0);
  return rule(scores, complete || rest < REST_WORTH_COUNTING ? 0 : rest);
}
