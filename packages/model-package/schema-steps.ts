import * as z from 'zod';

export const side = z.int().min(1).max(16_384);

/**
 * `bilinear`: OpenCV's INTER_LINEAR, two taps, no anti-aliasing. The others widen with the reduction, as Pillow does:
 * `area` is Pillow's BILINEAR (torchvision's default), `box` its BOX, `bicubic` and `lanczos` as named.
 */
export const filter = z.enum(['bilinear', 'area', 'box', 'bicubic', 'lanczos']);

/** One number for all channels, or one per channel. */
export const channelValues = z
  .union([z.number(), z.array(z.number()).min(1).max(64)])
  .transform((value) => (typeof value === 'number' ? [value] : value));

export const channelDivisors = channelValues.refine(
  (values) => values.every((value) => value !== 0),
  'std must not be 0',
);

/**
 * Rounding of a side that is not a whole number of pixels: `round` half to even (Ultralytics, PaddleClas), `floor` of the exact
 * quotient (torchvision), `truncate` the product with the ratio as a double (YOLOX: 720 · (416 / 720) is 415), `ceil` (PaddleOCR).
 */
const rounding = z.enum(['round', 'floor', 'truncate', 'ceil']);

const align = z.enum(['center', 'top-left']);

const resizeStep = z
  .strictObject({
    step: z.literal('resize'),
    /** Pixels across. With `height` both sides are given, alone the other side follows. */
    width: side.optional(),
    height: side.optional(),
    /** For width and height: both sides as they say, the largest inside, or the smallest that covers both. */
    mode: z.enum(['stretch', 'contain', 'cover']).default('stretch'),
    /** The shorter side becomes this long, the other follows. */
    shortSide: side.optional(),
    /** The longer side becomes this long, the other follows. */
    longSide: side.optional(),
    /** With `shortSide`: if the longer side would become longer than this, it becomes this long instead. */
    maxSide: side.optional(),
    /** With `height` alone: the width is cut down to this, and the picture squeezed. */
    maxWidth: side.optional(),
    /** With `height` alone: a width over this is truncated, whatever `rounding` says, as PP-OCR does with lines of more than 320 pixels. */
    truncateAbove: side.optional(),
    /** Whether a picture may become larger; a smaller one stays as it is if not. */
    enlarge: z.boolean().default(true),
    /** At last each side becomes the nearest multiple of this, at least one. */
    multiple: side.default(1),
    rounding: rounding.default('round'),
    filter: filter.default('bilinear'),
  })
  .superRefine((step, context) => {
    const isSides = step.width !== undefined || step.height !== undefined;
    const forms = [isSides, step.shortSide !== undefined, step.longSide !== undefined].filter(Boolean).length;
    const refuse = (key: string, message: string): void => context.addIssue({ code: 'custom', path: [key], message });
    if (forms !== 1) refuse('step', 'a resize has width and/or height, or shortSide, or longSide');
    if (step.mode !== 'stretch' && (step.width === undefined || step.height === undefined))
      refuse('mode', `"${step.mode}" needs width and height`);
    if (step.maxSide !== undefined && step.shortSide === undefined) refuse('maxSide', 'needs shortSide');
    if (step.maxWidth !== undefined && (step.height === undefined || step.width !== undefined))
      refuse('maxWidth', 'needs height, without width');
    if (step.truncateAbove !== undefined && (step.height === undefined || step.width !== undefined))
      refuse('truncateAbove', 'needs height, without width');
  });

const cropStep = z
  .strictObject({
    step: z.literal('crop'),
    /** Pixels that are kept, with `height`. A picture that is smaller gets black bars first, as torchvision's CenterCrop does. */
    width: side.optional(),
    height: side.optional(),
    /** The largest square. */
    square: z.literal(true).optional(),
    /** Part of each side that is kept, e.g. 0.875. */
    fraction: z.number().gt(0).max(1).optional(),
    align: align.default('center'),
    /** Where the crop begins if an odd number of pixels is cut: `round` half to even (torchvision), `floor` (PaddleClas). */
    rounding: z.enum(['round', 'floor']).default('round'),
  })
  .superRefine((step, context) => {
    const isWhole = (step.width === undefined) === (step.height === undefined);
    const forms = [step.width, step.square, step.fraction].filter((one) => one !== undefined).length;
    if (isWhole && forms === 1) return;
    context.addIssue({
      code: 'custom',
      path: ['step'],
      message: 'a crop has width and height, or square, or fraction',
    });
  });

const padStep = z
  .strictObject({
    step: z.literal('pad'),
    /** Smallest size after the step, with `height`; a picture that is larger stays as it is. */
    width: side.optional(),
    height: side.optional(),
    /** The shorter side becomes as long as the other. */
    square: z.literal(true).optional(),
    /** Each side becomes the next multiple of this: the stride of the model. */
    multiple: side.optional(),
    /** Where the picture lies; in the `center`, the smaller half of an odd number of pixels lies before it. */
    align: align.default('center'),
    /** Of the bars, before mean and std: one number, or one per channel. */
    value: channelValues.default([114]),
  })
  .superRefine((step, context) => {
    const isWhole = (step.width === undefined) === (step.height === undefined);
    const forms = [step.width, step.square, step.multiple].filter((one) => one !== undefined).length;
    if (isWhole && forms === 1) return;
    context.addIssue({ code: 'custom', path: ['step'], message: 'a pad has width and height, or square, or multiple' });
  });

const normalizeStep = z.strictObject({
  step: z.literal('normalize'),
  /** Per channel of the tensor: a value becomes (value - mean) / std. */
  mean: channelValues.default([0]),
  std: channelDivisors.default([1]),
});

/** Steps that prepare a picture, one after the other. */
export const stepsSchema = z
  .array(z.discriminatedUnion('step', [resizeStep, cropStep, padStep, normalizeStep]))
  .min(1)
  .max(16)
  .superRefine((steps, context) => {
    steps.forEach((one, index) => {
      if (one.step !== 'normalize' || index === steps.length - 1) return;
      context.addIssue({ code: 'custom', path: [index], message: 'normalize must be the last step' });
    });
  });

type PreparationStep = Readonly<z.infer<typeof stepsSchema>[number]>;
export type ResizeStep = Extract<PreparationStep, { step: 'resize' }>;
export type CropStep = Extract<PreparationStep, { step: 'crop' }>;
export type PadStep = Extract<PreparationStep, { step: 'pad' }>;
/** Steps that move pixels. */
export type PictureStep = Exclude<PreparationStep, { step: 'normalize' }>;
export type ResizeFilter = ResizeStep['filter'];
