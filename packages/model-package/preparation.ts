import type { InputSpec, ShortInput } from './schema-input.ts';
import type { PictureStep } from './schema-steps.ts';

/** How an image becomes a tensor, whichever form of `input` says it. */
export interface Preparation {
  readonly layout: 'NCHW' | 'NHWC';
  readonly dtype: 'float32' | 'float16' | 'uint8' | 'int8';
  /** Of the tensor. */
  readonly channels: number;
  /** `rgb` and `bgr`: 3 channels in this order; `gray`: 1; `stored`: as they lie in the file. */
  readonly order: 'rgb' | 'bgr' | 'gray' | 'stored';
  /** Pixel values are 0 to 2^bits - 1. */
  readonly bits: number;
  readonly steps: readonly PictureStep[];
  /** One for all channels, or one for each of the tensor. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Pixels across after the steps; undefined if that depends on the image. */
  readonly width: number | undefined;
  readonly height: number | undefined;
}

/** Both forms of `input` end here, so that one code prepares images. */
export function preparationOf(input: InputSpec): Preparation {
  const { layout, dtype } = input;
  const color = 'color' in input ? input.color : undefined;
  const order = color === undefined ? 'stored' : color === 'GRAY' ? 'gray' : color === 'BGR' ? 'bgr' : 'rgb';
  const channels = ('channels' in input && input.channels) || (order === 'gray' ? 1 : 3);
  const written = 'steps' in input ? input.steps : stepsOf(input);
  const last = written.at(-1);
  const { mean, std } = last?.step === 'normalize' ? last : { mean: [0], std: [1] };
  const steps = written.filter((step): step is PictureStep => step.step !== 'normalize');
  return { layout, dtype, channels, order, bits: input.bits ?? 8, steps, mean, std, ...sizeAfter(steps) };
}

/**
 * The three classic ways as steps, with the rounding of each one's reference code: letterbox in the center as Ultralytics, at the top
 * left as YOLOX, center-crop as torchvision's Resize and CenterCrop.
 */
function stepsOf(input: ShortInput): Extract<InputSpec, { steps: unknown }>['steps'] {
  const { width, height, filter, align, pad, mean, std } = input;
  const resize = { step: 'resize', width, height, enlarge: true, multiple: 1, filter } as const;
  const normalize = { step: 'normalize', mean, std } as const;
  switch (input.resize) {
    case 'stretch':
      return [{ ...resize, mode: 'stretch', rounding: 'round' }, normalize];
    case 'letterbox': {
      const rounding = align === 'center' ? 'round' : 'truncate';
      return [{ ...resize, mode: 'contain', rounding }, { step: 'pad', width, height, align, value: [pad] }, normalize];
    }
    case 'center-crop': {
      const [across, down] = [width, height].map((side) => Math.round(side / input.cropFraction));
      return [
        { ...resize, width: across, height: down, mode: 'cover', rounding: 'floor' },
        { step: 'crop', width, height, align: 'center', rounding: 'round' },
        normalize,
      ];
    }
  }
}

/** A side as far as it is known without the image. */
interface Known {
  readonly exact?: number | undefined;
  readonly atMost: number;
}

const UNKNOWN: Known = { atMost: Infinity };

/** The size that every image has after the steps. */
function sizeAfter(steps: readonly PictureStep[]): { width: number | undefined; height: number | undefined } {
  let width = UNKNOWN;
  let height = UNKNOWN;
  for (const step of steps) [width, height] = after(step, width, height);
  return { width: width.exact, height: height.exact };
}

function after(step: PictureStep, width: Known, height: Known): readonly [Known, Known] {
  switch (step.step) {
    case 'resize':
      return [resized(step.width, step), resized(step.height, step)];
    case 'crop':
      if (step.width !== undefined && step.height !== undefined) return [exactly(step.width), exactly(step.height)];
      if (step.square) return bothAs(width, height, Math.min);
      return [scaled(width, step.fraction ?? 1), scaled(height, step.fraction ?? 1)];
    case 'pad':
      if (step.width !== undefined && step.height !== undefined)
        return [filledUp(width, step.width), filledUp(height, step.height)];
      if (step.square) return bothAs(width, height, Math.max);
      return [upTo(width, step.multiple ?? 1), upTo(height, step.multiple ?? 1)];
  }
}

function resized(side: number | undefined, step: Extract<PictureStep, { step: 'resize' }>): Known {
  const { width, height, mode, enlarge, multiple } = step;
  const isBoth = width !== undefined && height !== undefined;
  const limit = side ?? (isBoth ? undefined : (step.maxWidth ?? step.longSide ?? step.maxSide));
  if (limit === undefined) return UNKNOWN;
  // A picture that would grow in one direction keeps its size in both, and may be longer than asked for in the other.
  if (!enlarge && (isBoth ? mode === 'stretch' : side === undefined && step.maxWidth !== undefined)) return UNKNOWN;
  const whole = multiple === 1 ? limit : Math.ceil(limit / multiple) * multiple;
  if (side !== undefined && enlarge && mode === 'stretch' && limit % multiple === 0) return exactly(limit);
  return mode === 'cover' ? UNKNOWN : { atMost: whole };
}

function exactly(side: number): Known {
  return { exact: side, atMost: side };
}

function scaled({ exact, atMost }: Known, fraction: number): Known {
  return exact === undefined ? { atMost } : exactly(cropSide(exact, fraction));
}

/** Pixels of a side of which a crop keeps a fraction. */
export function cropSide(side: number, fraction: number): number {
  return Math.max(1, Math.round(side * fraction));
}

function bothAs(width: Known, height: Known, pick: (...sides: number[]) => number): readonly [Known, Known] {
  const both =
    width.exact !== undefined && height.exact !== undefined
      ? exactly(pick(width.exact, height.exact))
      : { atMost: pick(width.atMost, height.atMost) };
  return [both, both];
}

function filledUp({ exact, atMost }: Known, side: number): Known {
  if (exact !== undefined) return exactly(Math.max(exact, side));
  return atMost <= side ? exactly(side) : { atMost };
}

function upTo({ exact, atMost }: Known, multiple: number): Known {
  const up = (side: number): number => Math.ceil(side / multiple) * multiple;
  return exact === undefined ? { atMost: up(atMost) } : exactly(up(exact));
}
