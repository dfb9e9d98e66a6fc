import { numberSetting } from '#packages/foundation';
import { readDeviation } from '../upload/record-of.ts';
import { uploaderErrors } from '../errors.ts';
import { defineStrategy } from './strategy.ts';
import { atMost, digits } from './threshold.ts';

/**
 * Keeps pictures of which the baseline of the model has least: those of which at most a share of `threshold` of it is as unusual.
 * While the world is as the baseline, that share of the pictures is kept at most; the agent says with each answer how unusual it is.
 */
export const drift = defineStrategy({
  parameters: {
    threshold: numberSetting({ min: 0, max: 1 })
      .default(0.01)
      .describe('DRIFT: share of the baseline that is as unusual at most, 0.01 when left out.'),
  },
  create:
    ({ threshold }) =>
    (_read, metadata) => {
      const text = metadata()['deviation'];
      const deviation = readDeviation(text);
      if (!deviation)
        throw uploaderErrors.error(
          'sampling.deviation-unknown',
          `DRIFT cannot judge a sample ${text === undefined ? 'without "deviation" in its metadata' : `whose "deviation" is ${JSON.stringify(text)}`}`,
        );
      const { feature, share } = deviation;
      const why = `as unusual as ${digits(share)} of the baseline (${feature}), threshold ${threshold}`;
      return { keep: atMost(share, threshold), why };
    },
});
