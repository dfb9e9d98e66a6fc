import * as z from 'zod';

const channelValues = z
  .union([z.number(), z.array(z.number()).min(1).max(3)])
  .transform((value) => (typeof value === 'number' ? [value] : value))
  .refine((values) => values.length !== 2, 'give one number for all channels, or one per channel (1 or 3)');

const side = z.int().min(1).max(16_384);

/** Shape of `input` without defaults, so that a variant's override changes only what it names. */
const inputFields = {
  /** Tensor name; may be left out where the model has one input. */
  name: z.string().min(1),
  /** Pixels across that the model takes. */
  width: side,
  /** Pixels down that the model takes. */
  height: side,
  layout: z.enum(['NCHW', 'NHWC']),
  dtype: z.enum(['float32', 'float16', 'uint8']),
  color: z.enum(['RGB', 'BGR', 'GRAY']),
  /** `stretch` ignores the aspect ratio; `letterbox` keeps it and pads; `center-crop` keeps it and cuts. */
  resize: z.enum(['stretch', 'letterbox', 'center-crop']),
  /**
   * `bilinear`: OpenCV's INTER_LINEAR, two taps, no anti-aliasing. The others widen with the reduction, as Pillow does:
   * `area` is Pillow's BILINEAR (torchvision's default), `box` its BOX, `bicubic` and `lanczos` as named.
   */
  filter: z.enum(['bilinear', 'area', 'box', 'bicubic', 'lanczos']),
  /** Grey value of the letterbox' bars, 0..255, before mean and std. */
  pad: z.number().min(0).max(255),
  /** Where the image lies in the letterbox. */
  align: z.enum(['center', 'top-left']),
  /** For `center-crop`: side of the crop over side of the resized image, e.g. 224/256 = 0.875. */
  cropFraction: z.number().gt(0).max(1),
  /** Per channel of the tensor, in 0..255: a pixel becomes (value - mean) / std. */
  mean: channelValues,
  std: channelValues.refine((values) => values.every((value) => value !== 0), 'std must not be 0'),
} as const;

/** What the model was trained on. */
export const inputSchema = z
  .strictObject({
    ...inputFields,
    name: inputFields.name.optional(),
    layout: inputFields.layout.default('NCHW'),
    dtype: inputFields.dtype.default('float32'),
    color: inputFields.color.default('RGB'),
    resize: inputFields.resize.default('stretch'),
    filter: inputFields.filter.default('bilinear'),
    pad: inputFields.pad.default(114),
    align: inputFields.align.default('center'),
    cropFraction: inputFields.cropFraction.default(1),
    mean: inputFields.mean.default([0]),
    std: inputFields.std.default([1]),
  })
  .superRefine((input, context) => {
    const channels = input.color === 'GRAY' ? 1 : 3;
    for (const key of ['mean', 'std'] as const) {
      if (input[key].length === 1 || input[key].length === channels) continue;
      context.addIssue({
        code: 'custom',
        path: [key],
        message: `${key} has ${input[key].length} values, but ${input.color} has ${channels} channel(s)`,
      });
    }
  });

export const inputOverrideSchema = z.strictObject(inputFields).partial();

export type InputSpec = Readonly<z.infer<typeof inputSchema>>;
