import * as z from 'zod';

import { detection, tensorName, unit } from './schema-output-keys.ts';

/** Text of a line: one output [1, T, characters], a distribution over the characters for each of T places from left to right. */
export const ctc = z.strictObject({
  decoder: z.literal('ctc'),
  output: tensorName.optional(),
  /**
   * Text file of the package with one character a line, in the order of the output's columns; nothing of a line is trimmed. The column
   * of the blank is not in it. If the output has one column more, the last one is the space, as PaddleOCR adds it.
   */
  dictionary: z.string().min(1),
  /** Column that stands for no character. */
  blank: z.enum(['first', 'last']).default('first'),
  /** Activation that is still to be applied: `none` if the graph ends in probabilities. */
  activation: z.enum(['none', 'softmax']).default('none'),
  /** Lowest mean probability of its characters with which a text is reported. */
  scoreThreshold: unit.default(0.5),
});

/** Regions of text: one output [1, 1, H, W], for each pixel how sure the model is that text is there. */
export const db = z.strictObject({
  decoder: z.literal('db'),
  output: tensorName.optional(),
  /** A pixel over this belongs to a region. */
  pixelThreshold: unit.default(0.3),
  /** Whether regions grow by a pixel to the right and downwards before they are told apart. */
  dilate: z.boolean().default(true),
  /** Lowest mean of a region's pixels with which it is reported. */
  scoreThreshold: unit.default(0.5),
  /** The model finds the cores of lines; each side moves out by area · this / circumference. */
  unclipRatio: z.number().min(0).max(10).default(1.6),
  maxDetections: detection.maxDetections.default(1000),
});

export type CtcOutput = Readonly<z.infer<typeof ctc>>;
export type DbOutput = Readonly<z.infer<typeof db>>;
