import * as z from 'zod';
import { tensorName, unit } from './schema-output-keys.ts';

/** A class for each pixel. */
export const segmentation = z.strictObject({
  decoder: z.literal('segmentation'),
  output: tensorName.optional(),
  /** `scores`: one of each class for each pixel, of which the highest counts. `classes`: the class itself, [1, H, W] or [1, 1, H, W]. */
  values: z.enum(['scores', 'classes']).default('scores'),
  /** Of scores: [1, C, H, W] or [1, H, W, C]. */
  layout: z.enum(['NCHW', 'NHWC']).default('NCHW'),
  /** The activation that scores still need. With one class alone, `sigmoid` if the graph does not end in probabilities. */
  activation: z.enum(['none', 'softmax', 'sigmoid']).default('none'),
  /** With one class alone: the score from which a pixel belongs to it. */
  scoreThreshold: unit.default(0.5),
  /** Class that means "nothing here": it is not reported. */
  backgroundClass: z.int().min(0).optional(),
  /** Classes that cover less of the image are not reported. */
  leastShare: unit.default(0),
  /** How masks are told: `rle`, COCO's compressed runs, every pixel as the model has it; `polygon`, outlines, a few times shorter. */
  masks: z.enum(['rle', 'polygon']).default('rle'),
});

export type SegmentationOutput = Readonly<z.infer<typeof segmentation>>;
