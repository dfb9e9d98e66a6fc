import * as z from 'zod';
import { booleanSetting, integerSetting, section, textSetting } from '#packages/foundation';
import { strategySchema } from '../sampling/strategy-schema.ts';
import { readJsonObjectText } from './json-text.ts';
import { redactionSchema } from './redaction-schema.ts';

/** S3 keys have at most 1,024 bytes; the UUID, the extension and two separators need 60 of them. */
const MAX_PREFIX_BYTES = 964;

/** Bits of 64 in which a duplicate may differ. */
export const DEFAULT_BITS = 8;

/** One configuration of the old ML Feedback connector, with priority and redaction beside its own settings. */
const feedbackSchema = z.object({
  's3-bucket-name': textSetting({
    pattern: /^[a-z0-9.-]{3,63}$/,
    meaning: 'a bucket name has 3 to 63 of a-z, 0-9, "." and "-"',
  }).describe('Bucket that samples are uploaded to.'),
  'content-type': textSetting({
    pattern: /^[\w.+-]+\/[\w.+-]+(\s*;[\x20-\x7e]*)?$/,
    meaning: 'expected a media type like image/jpeg',
  }).describe('Content type of the objects, e.g. `image/jpeg`.'),
  's3-prefix': textSetting()
    .refine((prefix) => Buffer.byteLength(prefix) <= MAX_PREFIX_BYTES, `has more than ${MAX_PREFIX_BYTES} bytes`)
    .optional()
    .describe('First part of the keys.'),
  'file-ext': textSetting({ pattern: /^\.?[A-Za-z0-9_-]{0,32}$/, meaning: 'expected an extension like jpg' })
    .optional()
    .describe('Extension of the keys, e.g. `jpg`.'),
  'sampling-strategy': strategySchema.optional().describe('Which samples are kept; all when left out.'),
  duplicates: section({
    keep: booleanSetting().default(false).describe('Keeps samples that look and say the same as an earlier one.'),
    'max-bits': integerSetting({ min: 0, max: 20 })
      .default(DEFAULT_BITS)
      .describe('Bits of 64 in which the hashes of two pictures may differ and still count as the same.'),
  })
    .optional()
    .describe(
      'The treatment of samples that repeat one of the last 1,000. When left out they are dropped, but kept without a strategy and with `ALL`.',
    ),
  priority: integerSetting({ min: 0, max: 9 })
    .default(5)
    .describe('9 is uploaded first and evicted last, 0 the other way round.'),
  redaction: redactionSchema.optional().describe('Areas that are hidden in images before they touch the disk.'),
});

const configId = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9-]{1,62}$/, 'a ConfigId has 2 to 63 letters, digits and "-"');

/** `FeedbackConfigurationMap`: ConfigId → configuration, as an object or as its JSON text. */
export const feedbackMapSchema = z.preprocess(
  (value, context) => {
    if (typeof value !== 'string') return value;
    if (value.trim() === '') return {};
    const reading = readJsonObjectText(value);
    if (reading.ok) return reading.value;
    context.addIssue({ code: 'custom', message: reading.why });
    return z.NEVER;
  },
  z.record(configId, feedbackSchema),
);

export type FeedbackSettings = z.output<typeof feedbackSchema>;
