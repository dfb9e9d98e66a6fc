import * as z from 'zod';

/** Keys of `output` that several decoders share. */

export const tensorName = z.string().min(1);
export const unit = z.number().min(0).max(1);

export const detection = {
  /** Lowest score that is reported. */
  scoreThreshold: unit.default(0.25),
  /** Two boxes that overlap more than this are one object. */
  iouThreshold: unit.default(0.45),
  maxDetections: z.int().min(1).max(10_000).default(100),
  /** `class`: boxes suppress only their own class; `agnostic`: any class; `none`: the graph has done it. */
  nms: z.enum(['class', 'agnostic', 'none']).default('class'),
};

/** Order of the four numbers of a box. `cxcywh` is center and size. */
export const boxFormat = z.enum(['xyxy', 'yxyx', 'cxcywh']);
/** `normalized`: 0..1 of the model's input; `pixels`: pixels of the model's input. */
export const coordinates = z.enum(['normalized', 'pixels']);
