import * as z from 'zod';

import { anomaly } from './schema-output-anomaly.ts';
import type { AnomalyOutput } from './schema-output-anomaly.ts';
import { embedding } from './schema-output-embedding.ts';
import type { EmbeddingOutput } from './schema-output-embedding.ts';
import { boxFormat, coordinates, detection, tensorName, unit } from './schema-output-keys.ts';
import { efficientdet, gflForms, scrfd, yunet } from './schema-output-grid.ts';
import type {
  EfficientDetOutput,
  GflHeadsOutput,
  GflTableOutput,
  ScrfdOutput,
  YunetOutput,
} from './schema-output-grid.ts';
import { ctc, db } from './schema-output-text.ts';
import type { CtcOutput, DbOutput } from './schema-output-text.ts';
import { obbForms, poseForms, segForms } from './schema-output-yolov8.ts';
import { segmentation } from './schema-output-segmentation.ts';
import type { SegmentationOutput } from './schema-output-segmentation.ts';
import type { Yolov8ObbOutput, Yolov8PoseOutput, Yolov8SegOutput } from './schema-output-yolov8.ts';

export type * from './schema-output-anomaly.ts';
export type * from './schema-output-embedding.ts';
export type * from './schema-output-segmentation.ts';
export type * from './schema-output-grid.ts';
export type * from './schema-output-text.ts';
export type * from './schema-output-yolov8.ts';

const classification = z.strictObject({
  decoder: z.literal('classification'),
  output: tensorName.optional(),
  /** The activation that is still needed: `none` if the graph ends in probabilities. */
  activation: z.enum(['none', 'softmax', 'sigmoid']).default('none'),
  /** Dequantizes an integer output: value = (q - zeroPoint) * scale. */
  scale: z.number().positive().default(1),
  zeroPoint: z.int().default(0),
  topK: z.int().min(1).max(100_000).default(5),
  /** Lowest score that is reported; by default the best `topK` are, whatever they score. */
  scoreThreshold: z.number().optional(),
});

const ssdCommon = {
  ...detection,
  scoreThreshold: unit.default(0.5),
  boxFormat,
  coordinates: coordinates.default('normalized'),
};

/** The graph ends in NMS: boxes [1,N,4], scores [1,N], classes [1,N], count [1]. */
const ssdFinished = z.strictObject({
  ...ssdCommon,
  decoder: z.literal('ssd'),
  boxes: tensorName,
  scores: tensorName,
  classes: tensorName,
  /** Number of valid rows; without it rows end at the first negative class or score. */
  count: tensorName.optional(),
  /** Added to the graph's class to get the row of `labels`. */
  classOffset: z.int().default(0),
  nms: detection.nms.default('none'),
});

/** The graph ends in one tensor of rows [1,N,6 or 7], as MXNet, Caffe and NMS-free YOLO exports have it. */
const ssdRows = z.strictObject({
  ...ssdCommon,
  decoder: z.literal('ssd'),
  output: tensorName.optional(),
  boxFormat: boxFormat.default('xyxy'),
  /** Columns of a row. Default by their number: 6 `class-score-box`, 7 `image-class-score-box`. */
  columns: z.enum(['class-score-box', 'image-class-score-box', 'box-score-class']).optional(),
  classOffset: z.int().default(0),
  nms: detection.nms.default('none'),
});

/** Scores per class [1,N,C] and boxes [1,N,4] or, with `priors`, offsets [1,N,4]; NMS is ours. */
const ssdPerClass = z.strictObject({
  ...ssdCommon,
  decoder: z.literal('ssd'),
  boxes: tensorName,
  scores: tensorName,
  /** Column of `scores` that means "nothing here". */
  backgroundClass: z.int().min(0).optional(),
  classOffset: z.int().default(0),
  /** Classes that one box may be found as: all that score high enough, or the best, as DETR has it. */
  classesPerBox: z.enum(['all', 'best']).default('all'),
  /** The activation that `scores` still need. */
  activation: z.enum(['none', 'softmax', 'sigmoid']).default('none'),
  /**
   * Raw offsets: center form of each prior, 0..1, in the order of `boxFormat` (`yxyx`: cy, cx, h, w; else cx, cy, w, h).
   * Inline, the name of an output of the model, or a `.json` or `.npy` file of the package.
   */
  priors: z.union([tensorName, z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])).min(1)]).optional(),
  /** Two values (center, size) or four; default [0.1, 0.2]. Only with `priors`. */
  variances: z
    .union([z.tuple([z.number(), z.number()]), z.tuple([z.number(), z.number(), z.number(), z.number()])])
    .optional(),
});

const yolov3 = z.strictObject({
  ...detection,
  decoder: z.literal('yolov3'),
  heads: z
    .array(
      z.strictObject({
        output: tensorName,
        /** Input pixels per cell. */
        stride: z.number().positive(),
        /** Width and height of each anchor in input pixels. */
        anchors: z.array(z.tuple([z.number().positive(), z.number().positive()])).min(1),
        /** Darknet's scale_x_y: center = sigmoid(t) * s - (s - 1) / 2. */
        scaleXY: z.number().positive().default(1),
      }),
    )
    .min(1),
  /** The activation that center, objectness and classes still need. */
  activation: z.enum(['sigmoid', 'none']).default('sigmoid'),
});

const yolov5 = z.strictObject({
  ...detection,
  decoder: z.literal('yolov5'),
  output: tensorName.optional(),
  coordinates: coordinates.default('pixels'),
});

const yolov8 = z.strictObject({
  ...detection,
  decoder: z.literal('yolov8'),
  output: tensorName.optional(),
  coordinates: coordinates.default('pixels'),
});

const yolox = z.strictObject({
  ...detection,
  decoder: z.literal('yolox'),
  output: tensorName.optional(),
  strides: z.array(z.int().positive()).min(1).default([8, 16, 32]),
});

/** No predictions: the output tensors go to the caller as they are. */
const tensor = z.strictObject({ decoder: z.literal('tensor') });

const ssdForms = [ssdFinished, ssdPerClass, ssdRows] as const;

/** The forms of each decoder; those of `ssd` are told apart by the keys that are present, those of YOLOv8's tasks by `rows`. */
const forms = {
  classification: () => classification,
  ssd: (value: object) =>
    'classes' in value ? ssdForms[0] : 'scores' in value || 'boxes' in value ? ssdForms[1] : ssdForms[2],
  yolov3: () => yolov3,
  yolov5: () => yolov5,
  yolov8: () => yolov8,
  'yolov8-pose': (value: object) => poseForms[isFinished(value) ? 1 : 0],
  'yolov8-obb': (value: object) => obbForms[isFinished(value) ? 1 : 0],
  'yolov8-seg': (value: object) => segForms[isFinished(value) ? 1 : 0],
  yolox: () => yolox,
  anomaly: () => anomaly,
  embedding: () => embedding,
  segmentation: () => segmentation,
  gfl: (value: object) => gflForms['heads' in value ? 0 : 1],
  efficientdet: () => efficientdet,
  yunet: () => yunet,
  scrfd: () => scrfd,
  ctc: () => ctc,
  db: () => db,
  tensor: () => tensor,
} as const;

function isFinished(value: object): boolean {
  return 'rows' in value && value.rows === 'finished';
}

/** Every form, for a schema that other programs read: in zod's own, `outputSchema` leaves open what follows from the decoder. */
export const OUTPUT_FORMS = [
  classification,
  ...ssdForms,
  yolov3,
  yolov5,
  yolov8,
  ...poseForms,
  ...obbForms,
  ...segForms,
  yolox,
  anomaly,
  embedding,
  segmentation,
  ...gflForms,
  efficientdet,
  yunet,
  scrfd,
  ctc,
  db,
  tensor,
] as const;

export type DecoderName = keyof typeof forms;
export const DECODERS = Object.keys(forms) as readonly DecoderName[];

export type ClassificationOutput = Readonly<z.infer<typeof classification>>;
export type SsdFinishedOutput = Readonly<z.infer<typeof ssdFinished>>;
export type SsdRowsOutput = Readonly<z.infer<typeof ssdRows>>;
export type SsdPerClassOutput = Readonly<z.infer<typeof ssdPerClass>>;
export type SsdOutput = SsdFinishedOutput | SsdRowsOutput | SsdPerClassOutput;
export type Yolov3Output = Readonly<z.infer<typeof yolov3>>;
export type Yolov5Output = Readonly<z.infer<typeof yolov5>>;
export type Yolov8Output = Readonly<z.infer<typeof yolov8>>;
export type YoloxOutput = Readonly<z.infer<typeof yolox>>;
type TensorOutput = Readonly<z.infer<typeof tensor>>;
export type OutputSpec =
  | ClassificationOutput
  | SsdOutput
  | Yolov3Output
  | Yolov5Output
  | Yolov8Output
  | Yolov8PoseOutput
  | Yolov8ObbOutput
  | Yolov8SegOutput
  | YoloxOutput
  | AnomalyOutput
  | EmbeddingOutput
  | SegmentationOutput
  | GflHeadsOutput
  | GflTableOutput
  | EfficientDetOutput
  | YunetOutput
  | ScrfdOutput
  | CtcOutput
  | DbOutput
  | TensorOutput;

/** Picks the form first, so that the problems named are those of the form that was meant. */
export const outputSchema = z.looseObject({ decoder: z.enum(DECODERS) }).transform((value, context): OutputSpec => {
  const parsed = forms[value.decoder](value).safeParse(value);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) context.addIssue({ ...issue, code: 'custom', message: issue.message });
  return z.NEVER;
});
