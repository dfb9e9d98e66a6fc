import { numberSetting } from '#packages/foundation';

import { defineStrategy } from './strategy.ts';
import { digits } from './threshold.ts';

/** Keeps a sample with probability `rate`, whatever was predicted. */
export const randomSampling = defineStrategy({
  parameters: {
    rate: numberSetting({ min: 0, max: 1 }).describe('RANDOM_SAMPLING: share of the samples to keep.'),
  },
  create:
    ({ rate }, { random }) =>
    () => {
      const drawn = random();
      return { keep: drawn < rate, why: `drew ${digits(drawn)} for a rate of ${rate}` };
    },
});
