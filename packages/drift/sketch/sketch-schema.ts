import * as z from 'zod';
import { CLASS_BINS, LAYOUT, MAX_DIMENSIONS, SCALES } from './features.ts';
import { MAX_EXPONENT, MIN_EXPONENT } from './packed-direction.ts';
import type { Scale } from './scale.ts';

const count = z
  .int()
  .min(0)
  .max(2 ** 40);

/** Bin, count, bin, count, …: counts of the bins of one scale. */
function histogram({ bins }: Scale) {
  return z
    .array(count)
    .max(2 * bins)
    .refine((pairs) => pairs.length % 2 === 0, 'gives a bin and its count in turn')
    .refine(
      (pairs) => pairs.every((bin, at) => at % 2 === 1 || bin < bins),
      `counts bins of a scale that ends at ${bins - 1}`,
    )
    .readonly();
}

/** A sketch as it lies in a file: see `Sketch`. */
/** RFC 4648, section 4. Not `z.base64`, whose format validators of JSON Schema do not know. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const sketchSchema = z.strictObject({
  /** Pictures that were seen. */
  images: count,
  brightness: histogram(SCALES.brightness),
  contrast: histogram(SCALES.contrast),
  sharpness: histogram(SCALES.sharpness),
  objects: histogram(SCALES.objects),
  size: histogram(SCALES.size),
  /** Scores by class: `classId` modulo 64. */
  scores: z.record(
    z.string().refine((bin) => /^\d{1,2}$/.test(bin) && Number(bin) < CLASS_BINS, 'is a class number below 64'),
    histogram(SCALES.score),
  ),
  /** Sum of the unit vectors of the pictures' layouts, in thousandths. */
  layout: z.strictObject({
    count,
    sum: z
      .array(z.int())
      .length(LAYOUT.columns * LAYOUT.rows)
      .readonly(),
  }),
  /** Sum of the unit vectors of a model of the task `embedding`. */
  embedding: z
    .strictObject({
      count,
      /** The numbers of `sum` count as multiples of 2 to this power. */
      exponent: z.int().min(MIN_EXPONENT).max(MAX_EXPONENT),
      /** Int16 numbers, little-endian, in base64. */
      sum: z
        .string()
        .regex(BASE64)
        .refine((text) => {
          const { length } = Buffer.from(text, 'base64');
          return length > 0 && length % 2 === 0 && length <= 2 * MAX_DIMENSIONS;
        }, `holds 1 to ${MAX_DIMENSIONS} int16 numbers`),
    })
    .optional(),
});

export type SketchJson = z.output<typeof sketchSchema>;
