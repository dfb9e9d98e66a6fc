import type { InputSpec } from '#packages/model-package';

import type { ImageSize } from '../image/pixels.ts';
import type { Pixels } from '../image/pixels.ts';
import type { Tensor } from '../loaded-model.ts';
import type { Placement } from '../resize/geometry.ts';
import { PlainResizer } from '../resize/plain-resizer.ts';
import type { Resizer } from '../resize/resizer.ts';
import { WasmResizer } from '../resize/wasm-resizer.ts';
import { channelsOf } from './tensor-target.ts';
import { toGrey } from './to-grey.ts';

/** Turns images into a model's input tensor, which is one piece of memory, filled anew by each call. */
export class Preprocessor {
  readonly #input: InputSpec;
  readonly #resizer: Resizer;
  #feed: Tensor;

  constructor(input: InputSpec, resizer: Resizer = WasmResizer.create(input) ?? new PlainResizer(input)) {
    this.#input = input;
    this.#resizer = resizer;
    this.#feed = this.#makeFeed();
  }

  /** The input tensor. The same object until its memory has to move, so that a runtime need not wrap it for every image. */
  get feed(): Tensor {
    if (this.#feed.data !== this.#resizer.data) this.#feed = this.#makeFeed();
    return this.#feed;
  }

  /** Memory to decode an image into, at least `bytes` long, valid until the next call. */
  takePixels(bytes: number): Buffer {
    return this.#resizer.takePixels(bytes);
  }

  /** Fills the tensor and says where the image lies in it. `size` is that of the whole image where `image` was decoded smaller. */
  fill(image: Pixels, size: ImageSize = image): Placement {
    return this.#resizer.fill(this.#input.color === 'GRAY' ? toGrey(image) : image, size);
  }

  #makeFeed(): Tensor {
    const { width, height, layout, dtype } = this.#input;
    const channels = channelsOf(this.#input);
    const shape = layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];
    return { type: dtype, shape, data: this.#resizer.data };
  }
}
