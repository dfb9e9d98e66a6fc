import * as z from 'zod';
import { tensorName } from './schema-output-keys.ts';

/**
 * How training judges a score: above `threshold` it means an anomaly, and `min` and `max` are the least and the largest that it saw.
 * A score becomes (score - threshold) / (max - min) + 0.5, held to 0..1, so that the threshold lies at 0.5. Source: anomalib, min-max
 * normalization.
 */
const range = z
  .strictObject({ threshold: z.number(), min: z.number(), max: z.number() })
  .refine(({ min, max }) => max > min, { path: ['max'], message: 'must be more than min' });

/** How anomalous an image is, and each part of it. */
export const anomaly = z
  .strictObject({
    decoder: z.literal('anomaly'),
    /** The image's score, one number. Default: the highest of `map`. */
    score: tensorName.optional(),
    /** The scores of its pixels, of any size: [1, 1, H, W], [1, H, W] or [H, W]. Default: there is no heat map. */
    map: tensorName.optional(),
    /** Of the image's score. Default: the graph has normalized it, and 0.5 is the threshold. */
    image: range.optional(),
    /** Of the pixels' scores. Default: as `image`. */
    pixel: range.optional(),
  })
  .refine(
    ({ score, map }) => score !== undefined || map !== undefined,
    'needs "score" or "map", the name of an output',
  );

export type AnomalyOutput = Readonly<z.infer<typeof anomaly>>;
