import { keepClasses } from './class.ts';
import { disagreement } from './disagreement.ts';
import { drift } from './drift.ts';
import { entropy } from './entropy.ts';
import { everything } from './everything.ts';
import { leastConfidence } from './least-confidence.ts';
import { margin } from './margin.ts';
import { novelty } from './novelty.ts';
import { randomSampling } from './random-sampling.ts';

/** Every sampling strategy by its `strategy-name`: one file and one line each. */
export const STRATEGIES = {
  RANDOM_SAMPLING: randomSampling,
  LEAST_CONFIDENCE: leastConfidence,
  MARGIN: margin,
  ENTROPY: entropy,
  CLASS: keepClasses,
  NOVELTY: novelty,
  DISAGREEMENT: disagreement,
  DRIFT: drift,
  ALL: everything,
} as const;

export type StrategyName = keyof typeof STRATEGIES;

export const STRATEGY_NAMES = Object.keys(STRATEGIES) as readonly StrategyName[];
