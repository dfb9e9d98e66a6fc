import * as z from 'zod';

import { coordinates, detection, tensorName } from './schema-output-keys.ts';

/** One output of rows, transposed or not: [1, 4 + classes + more, N]; NMS is ours. */
const raw = {
  ...detection,
  output: tensorName.optional(),
  coordinates: coordinates.default('pixels'),
  rows: z.literal('raw').default('raw'),
};

/** YOLOv10, YOLO26 and `nms=True`: [1, N, 6 + more], box, score, class and more; the graph has done the suppression. */
const finished = {
  ...raw,
  rows: z.literal('finished'),
  nms: detection.nms.default('none'),
};

const pose = {
  decoder: z.literal('yolov8-pose'),
  /** Number of key points and of values for each: x and y, or x, y and how sure the model is that it can be seen. Ultralytics' `kpt_shape`. */
  keypoints: z.tuple([z.int().min(1).max(1_000), z.union([z.literal(2), z.literal(3)])]),
};

const obb = { decoder: z.literal('yolov8-obb') };

const seg = {
  decoder: z.literal('yolov8-seg'),
  output: tensorName,
  /** The output [1, K, H, W] of which each row mixes its mask. */
  prototypes: tensorName,
  /** How masks are told: `rle`, COCO's compressed runs, every pixel as the model has it; `polygon`, outlines, a few times shorter. */
  masks: z.enum(['rle', 'polygon']).default('rle'),
};

export const poseForms = [z.strictObject({ ...raw, ...pose }), z.strictObject({ ...finished, ...pose })] as const;
export const obbForms = [z.strictObject({ ...raw, ...obb }), z.strictObject({ ...finished, ...obb })] as const;
export const segForms = [z.strictObject({ ...raw, ...seg }), z.strictObject({ ...finished, ...seg })] as const;

export type Yolov8PoseOutput = Readonly<z.infer<(typeof poseForms)[number]>>;
export type Yolov8ObbOutput = Readonly<z.infer<(typeof obbForms)[number]>>;
export type Yolov8SegOutput = Readonly<z.infer<(typeof segForms)[number]>>;
