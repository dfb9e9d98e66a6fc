import { defineStrategy } from './strategy.ts';
import { atMost, digits, probabilityThreshold } from './threshold.ts';
import { uncertaintyStrategy } from './uncertainty.ts';

/** Keeps a sample when its two best classes are at most `threshold` apart. A single class is compared with 0. */
export const margin = defineStrategy({
  parameters: { threshold: probabilityThreshold },
  create: ({ threshold }) =>
    uncertaintyStrategy((scores) => {
      const distance = bestTwoApart(scores);
      return { keep: atMost(distance, threshold), why: `margin ${digits(distance)}, threshold ${threshold}` };
    }),
});

function bestTwoApart(scores: readonly number[]): number {
  let best = 0;
  let second = 0;
  for (const score of scores) {
    if (score > best) [best, second] = [score, best];
    else if (score > second) second = score;
  }
  return best - second;
}
