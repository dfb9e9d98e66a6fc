import * as z from 'zod';

import { channelDivisors, channelValues, filter, side, stepsSchema } from './schema-steps.ts';

/** Keys of either form, without defaults, so that a variant's override changes only those that it names. */
const commonFields = {
  /** Tensor name; may be left out if the model has one input. */
  name: z.string().min(1).optional(),
  layout: z.enum(['NCHW', 'NHWC']).optional(),
  dtype: z.enum(['float32', 'float16', 'uint8', 'int8']).optional(),
  color: z.enum(['RGB', 'BGR', 'GRAY']).optional(),
  /** Instead of `color`: so many channels, in the order of the image file. */
  channels: z.int().min(2).max(64).optional(),
  /**
   * Bits of a pixel's value in training. With 8, images of 16 bits lose their lower byte, as OpenCV's imread has it. With 9 to 16 their
   * values are taken as they are, and those of 8-bit images are multiplied up to the same range.
   */
  bits: z.int().min(8).max(16).optional(),
} as const;

/** The short form: one of three classic ways to bring an image into the tensor. */
const shortFields = {
  /** Pixels across that the model takes. */
  width: side.optional(),
  /** Pixels down that the model takes. */
  height: side.optional(),
  /** `stretch` ignores the aspect ratio; `letterbox` keeps it and pads; `center-crop` keeps it and cuts. */
  resize: z.enum(['stretch', 'letterbox', 'center-crop']).optional(),
  filter: filter.optional(),
  /** Value of the letterbox' bars, before mean and std. */
  pad: z.number().min(0).max(65_535).optional(),
  /** Where the image lies in the letterbox. */
  align: z.enum(['center', 'top-left']).optional(),
  /** For `center-crop`: side of the crop over side of the resized image, e.g. 224/256 = 0.875. */
  cropFraction: z.number().gt(0).max(1).optional(),
  /** Per channel of the tensor: a pixel becomes (value - mean) / std. */
  mean: channelValues.optional(),
  std: channelDivisors.optional(),
} as const;

const allFields = { ...commonFields, ...shortFields, steps: stepsSchema.optional() } as const;

/** Defaults of keys that are left out. A variant that leaves it out has the manifest's, so only the manifest's schema tells of these. */
const DEFAULTS = {
  layout: 'NCHW',
  dtype: 'float32',
  color: 'RGB',
  bits: 8,
  resize: 'stretch',
  filter: 'bilinear',
  pad: 114,
  align: 'center',
  cropFraction: 1,
  mean: 0,
  std: 1,
} as const;

/** Either form, as model.json has it. */
const writtenInput = z.strictObject(
  Object.fromEntries(
    Object.entries(allFields).map(([key, field]) => [
      key,
      Object.hasOwn(DEFAULTS, key) ? field.meta({ default: DEFAULTS[key as keyof typeof DEFAULTS] }) : field,
    ]),
  ) as unknown as typeof allFields,
);
type WrittenInput = z.infer<typeof writtenInput>;

/** The colors that the model was trained on. */
export const inputSchema = writtenInput
  .superRefine((input, context) => {
    const refuse = (path: readonly (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path: [...path], message });
    if (input.steps) {
      for (const key of SHORT_KEYS)
        if (input[key] !== undefined) refuse([key], 'belongs to the short form; use a step');
    } else {
      for (const key of ['width', 'height'] as const)
        if (input[key] === undefined) refuse([key], 'is missing: give width and height, or steps');
    }
    if (input.channels !== undefined && input.color !== undefined)
      refuse(['color'], 'says how many channels there are, and so does channels; leave one out');
    const channels = input.channels ?? (input.color === 'GRAY' ? 1 : 3);
    const named = input.channels === undefined ? `color ${input.color ?? 'RGB'}` : 'channels';
    for (const [path, values] of valuesOf(input)) {
      if (values.length === 1 || values.length === channels) continue;
      refuse(
        path,
        `has ${values.length} values, but there are ${channels} (${named}); give one for all, or one per channel`,
      );
    }
  })
  .transform((input) => (input.steps ? withSteps(input, input.steps) : shortForm(input)))
  .meta({
    anyOf: [
      { properties: { width: true, height: true }, required: ['width', 'height'] },
      { properties: { steps: true }, required: ['steps'] },
    ],
  });

export const inputOverrideSchema = z.strictObject(allFields);

export type InputSpec = Readonly<z.infer<typeof inputSchema>>;
export type ShortInput = ReturnType<typeof shortForm>;

const SHORT_KEYS = Object.keys(shortFields) as readonly (keyof typeof shortFields)[];
/** Where values per channel may lie. */
function valuesOf({ mean, std, steps = [] }: WrittenInput): readonly (readonly [(string | number)[], number[]])[] {
  const all: (readonly [(string | number)[], number[] | undefined])[] = [
    [['mean'], mean],
    [['std'], std],
  ];
  steps.forEach((step, index) => {
    if (step.step === 'normalize') all.push([['steps', index, 'mean'], step.mean], [['steps', index, 'std'], step.std]);
    if (step.step === 'pad') all.push([['steps', index, 'value'], step.value]);
  });
  return all.flatMap(([path, values]) => (values ? [[path, values] as const] : []));
}

function common({
  name,
  layout = DEFAULTS.layout,
  dtype = DEFAULTS.dtype,
  color = DEFAULTS.color,
  channels,
  bits,
}: WrittenInput) {
  return {
    ...(name === undefined ? {} : { name }),
    layout,
    dtype,
    ...(channels === undefined ? { color } : { channels }),
    ...(bits === undefined ? {} : { bits }),
  };
}

function withSteps(input: WrittenInput, steps: NonNullable<WrittenInput['steps']>) {
  return { ...common(input), steps };
}

function shortForm(input: WrittenInput) {
  const { width = 1, height = 1, resize = DEFAULTS.resize, filter: kernel = DEFAULTS.filter } = input;
  const { pad = DEFAULTS.pad, align = DEFAULTS.align, cropFraction = DEFAULTS.cropFraction } = input;
  const { mean = [DEFAULTS.mean], std = [DEFAULTS.std] } = input;
  return { ...common(input), width, height, resize, filter: kernel, pad, align, cropFraction, mean, std };
}

/** A variant's keys on top of the manifest's: `steps` take the place of the whole short form, its keys that of `steps`. */
export function mergeInput(
  base: Readonly<Record<string, unknown>> | undefined,
  override: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const isSteps = override['steps'] !== undefined;
  const isShort = SHORT_KEYS.some((key) => override[key] !== undefined);
  const isOrder = override['color'] !== undefined || override['channels'] !== undefined;
  const kept = Object.entries(base ?? {}).filter(([key]) => {
    if (isSteps && (SHORT_KEYS as readonly string[]).includes(key)) return false;
    if (isShort && !isSteps && key === 'steps') return false;
    return !(isOrder && (key === 'color' || key === 'channels'));
  });
  return { ...Object.fromEntries(kept), ...override };
}
