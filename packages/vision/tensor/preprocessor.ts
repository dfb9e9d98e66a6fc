import { preparationOf } from '#packages/model-package';
import type { InputSpec, Preparation } from '#packages/model-package';

import { DEFAULT_MAX_PIXELS } from '../image/max-pixels.ts';
import type { ImageSize, Pixels } from '../image/pixels.ts';
import type { Tensor } from '../loaded-model.ts';
import type { Placement, Size } from '../resize/geometry.ts';
import { PicturePasses } from '../resize/picture-passes.ts';
import { PixelBuffer } from '../resize/pixel-buffer.ts';
import { PlainResizer } from '../resize/plain-resizer.ts';
import type { Resizer } from '../resize/resizer.ts';
import { StepPlans } from '../resize/step-plans.ts';
import type { StepPlan } from '../resize/step-plans.ts';
import { WasmResizer } from '../resize/wasm-resizer.ts';
import { fittingPixels } from './fitting-pixels.ts';
import { createTarget, orderOf } from './tensor-target.ts';
import type { TensorTarget } from './tensor-target.ts';

export interface PreprocessorOptions {
  /** Default: in WebAssembly if that runs. */
  readonly makeResizer?: (target: TensorTarget) => Resizer;
  /** Most pixels of a picture on the way. Default 50 million. */
  readonly maxPixels?: number;
}

/** Turns images into a model's input tensor, which is one piece of memory, filled again by each call. */
export class Preprocessor {
  readonly preparation: Preparation;
  readonly #makeResizer: (target: TensorTarget) => Resizer;
  readonly #plans: StepPlans;
  readonly #passes: PicturePasses;
  /** For images whose tensor's size is not known before. */
  readonly #pixels = new PixelBuffer();
  #size: Size | undefined;
  #resizer: Resizer | undefined;
  #feed: Tensor | undefined;

  constructor(
    input: InputSpec,
    { makeResizer = bestResizer, maxPixels = DEFAULT_MAX_PIXELS }: PreprocessorOptions = {},
  ) {
    this.preparation = preparationOf(input);
    this.#makeResizer = makeResizer;
    this.#plans = new StepPlans(this.preparation.steps, maxPixels);
    this.#passes = new PicturePasses(orderOf(this.preparation), makeResizer);
    const { width, height } = this.preparation;
    if (width !== undefined && height !== undefined) this.#resizerFor({ width, height });
  }

  /** The input tensor. The same object until its memory has to move, so that a runtime need not wrap it for every image. */
  get feed(): Tensor {
    if (!this.#resizer) this.fill(plainPixels(this.preparation.channels));
    const { data } = this.#resizer as Resizer;
    if (this.#feed?.data !== data) this.#feed = tensorOf(this.preparation, this.#size as Size, data);
    return this.#feed;
  }

  /** How an image or a frame of this size comes into the tensor. */
  planFor(size: Size): StepPlan {
    return this.#plans.for(size);
  }

  /** Memory to decode an image into, at least `bytes` long, valid until the next call. */
  takePixels(bytes: number): Buffer {
    return (this.#resizer ?? this.#pixels).takePixels(bytes);
  }

  /**
   * Fills the tensor and says where the image lies in it. `size` is that of the whole image where `image` was decoded smaller.
   * @throws EdgeError `image.unsupported` if the image does not have the channels that the model takes, `image.too-large`
   */
  fill(image: Pixels, size: ImageSize = image): Placement {
    const { passes, last, placement } = this.#plans.for(size);
    const pixels = fittingPixels(image, this.preparation);
    const picture = passes.length === 0 ? pixels : this.#passes.run(pixels, passes);
    this.#resizerFor(last.canvas).fill(picture, last);
    return placement;
  }

  #resizerFor(size: Size): Resizer {
    const { width, height } = size;
    if (this.#resizer && this.#size?.width === width && this.#size.height === height) return this.#resizer;
    this.#size = { width, height };
    this.#resizer = this.#makeResizer(createTarget({ ...this.preparation, width, height }));
    return this.#resizer;
  }
}

/** The tensor of one image over these elements. */
export function tensorOf(
  { layout, dtype, channels }: Preparation,
  { width, height }: Size,
  data: Tensor['data'],
): Tensor {
  const shape = layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];
  return { type: dtype, shape, data };
}

/** A gray picture for a first run. */
export function plainPixels(channels: number, width = 320, height = 240): Pixels {
  return { width, height, channels, data: new Uint8Array(width * height * channels) };
}

function bestResizer(target: TensorTarget): Resizer {
  return WasmResizer.create(target) ?? new PlainResizer(target);
}
