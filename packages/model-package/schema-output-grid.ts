import * as z from 'zod';

import { detection, tensorName } from './schema-output-keys.ts';

/** Heads of one stride each, which leave their grids to the reader. */

const stride = z.int().positive();
const strides = (...usual: [number, ...number[]]) => z.array(stride).min(1).default(usual);
const gfl = {
  ...detection,
  decoder: z.literal('gfl'),
  /** Activation that is still to be applied to the scores. */
  activation: z.enum(['none', 'sigmoid']).default('none'),
};

/** PicoDet, and NanoDet with its heads apart: scores [1, cells, classes] and, of each side, a distribution over distances [1, cells, 4 · bins]. */
const gflHeads = z.strictObject({
  ...gfl,
  heads: z.array(z.strictObject({ stride, scores: tensorName, boxes: tensorName })).min(1),
  /** Place in its cell from which the sides are measured: 0.5 is the middle. */
  cellOffset: z.number().min(0).max(1).default(0.5),
});

/** NanoDet-Plus: one table [1, cells of all strides, classes + 4 · bins]. */
const gflTable = z.strictObject({
  ...gfl,
  output: tensorName.optional(),
  strides: strides(8, 16, 32, 64),
  /** Numbers of each distribution: reg_max + 1 of the configuration. */
  bins: z.int().min(2).max(256).default(8),
  cellOffset: z.number().min(0).max(1).default(0),
});

/** EfficientDet, without the suppression of its own code: raw scores and offsets of each anchor, one pair of outputs for each level. */
export const efficientdet = z.strictObject({
  ...detection,
  decoder: z.literal('efficientdet'),
  iouThreshold: detection.iouThreshold.default(0.5),
  /** Scores [1, anchors · classes, rows, columns], boxes [1, anchors · 4, rows, columns]. */
  heads: z.array(z.strictObject({ stride, scores: tensorName, boxes: tensorName })).min(1),
  /** `NHWC`: the channels come last, as TensorFlow has them. */
  layout: z.enum(['NCHW', 'NHWC']).default('NCHW'),
  /** Side of the smallest anchor, in strides. */
  anchorScale: z.number().positive().default(4),
  /** Sizes between one power of two and the next. */
  octaves: z.int().min(1).max(8).default(3),
  /** Width and height of the anchors of a size, as multiples of its side. */
  ratios: z
    .array(z.tuple([z.number().positive(), z.number().positive()]))
    .min(1)
    .default([
      [1, 1],
      [1.4, 0.7],
      [0.7, 1.4],
    ]),
  /** Activation that is still to be applied to the scores. */
  activation: z.enum(['none', 'sigmoid']).default('sigmoid'),
});

/** Faces with 5 points each. */
const face = { ...detection, scoreThreshold: detection.scoreThreshold.default(0.5), iouThreshold: detection.iouThreshold.default(0.4) }; // prettier-ignore

export const yunet = z.strictObject({
  ...face,
  decoder: z.literal('yunet'),
  /** Scores and objectness [1, cells, 1], boxes [1, cells, 4], points [1, cells, 10]. */
  heads: z
    .array(
      z.strictObject({ stride, scores: tensorName, objectness: tensorName, boxes: tensorName, points: tensorName }),
    )
    .min(1),
});

export const scrfd = z.strictObject({
  ...face,
  decoder: z.literal('scrfd'),
  /** Scores [cells · anchors, 1], distances of the sides [cells · anchors, 4] and points [cells · anchors, 10]. */
  heads: z.array(z.strictObject({ stride, scores: tensorName, boxes: tensorName, points: tensorName })).min(1),
  /** Rows of each cell. */
  anchors: z.int().min(1).max(16).default(2),
});

export const gflForms = [gflHeads, gflTable] as const;

export type GflHeadsOutput = Readonly<z.infer<typeof gflHeads>>;
export type GflTableOutput = Readonly<z.infer<typeof gflTable>>;
export type EfficientDetOutput = Readonly<z.infer<typeof efficientdet>>;
export type YunetOutput = Readonly<z.infer<typeof yunet>>;
export type ScrfdOutput = Readonly<z.infer<typeof scrfd>>;
