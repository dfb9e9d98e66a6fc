import { numberSetting } from '#packages/foundation';

import { defineStrategy } from './strategy.ts';
import { above, digits } from './threshold.ts';
import { uncertaintyStrategy } from './uncertainty.ts';

/**
 * Keeps a sample whose distribution has more than `threshold` nats of entropy, `H = −Σ p ln p` over the scores divided
 * by their sum (C. E. Shannon, "A Mathematical Theory of Communication", 1948). At most ln K for K classes, and
 * ln 2 = 0.693 for a detection. If only the best few of many classes are known, the rest counts as one more class.
 */
export const entropy = defineStrategy({
  parameters: { threshold: numberSetting({ min: 0 }).describe('ENTROPY: keep above this, in nats.') },
  create: ({ threshold }) =>
    uncertaintyStrategy((scores, rest) => {
      const nats = entropyInNats(rest === 0 ? scores : [...scores, rest]);
      return { keep: above(nats, threshold), why: `entropy ${digits(nats)} nats, threshold ${threshold}` };
    }),
});

/** Scores that are all 0 say nothing about any class: as uncertain as can be, ln K. */
export function entropyInNats(scores: readonly number[]): number {
  const sum = scores.reduce((total, score) => total + score, 0);
  if (sum === 0) return Math.log(scores.length);
  return scores.reduce((nats, score) => nats - xLnX(score / sum), 0);
}

/** Goes to 0 with x. */
function xLnX(x: number): number {
  return x === 0 ? 0 : x * Math.log(x);
}
