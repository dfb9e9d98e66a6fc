import { defineStrategy } from './strategy.ts';
import { atMost, digits, probabilityThreshold } from './threshold.ts';
import { uncertaintyStrategy } from './uncertainty.ts';

/** Keeps a sample when its best class has at most `threshold`. */
export const leastConfidence = defineStrategy({
  parameters: { threshold: probabilityThreshold },
  create: ({ threshold }) =>
    uncertaintyStrategy((scores) => {
      const best = Math.max(...scores);
      return { keep: atMost(best, threshold), why: `best score ${digits(best)}, threshold ${threshold}` };
    }),
});
