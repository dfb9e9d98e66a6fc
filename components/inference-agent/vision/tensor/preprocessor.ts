import type { InputSpec } from '../../model-package/schema.ts';
import type { ImageSize } from '../image/decode-image.ts';
import type { Pixels } from '../image/pixels.ts';
import { bilinearToTensor } from '../resize/bilinear.ts';
import { filterTaps } from '../resize/filter-taps.ts';
import { filteredToTensor } from '../resize/filtered.ts';
import type { Scratch } from '../resize/filtered.ts';
import { geometryOf } from '../resize/geometry.ts';
import type { Geometry, Placement } from '../resize/geometry.ts';
import { linearTaps } from '../resize/linear-taps.ts';
import { channelsOf, createTarget, fillTarget, targetAt } from './tensor-target.ts';
import type { InputData, TensorTarget } from './tensor-target.ts';
import { toGrey } from './to-grey.ts';

/** Turns images into a model's input tensor, which is one piece of memory, filled anew by each call. */
export class Preprocessor {
  readonly #input: InputSpec;
  readonly #target: TensorTarget;
  #plan: Plan | undefined;

  constructor(input: InputSpec) {
    this.#input = input;
    this.#target = createTarget(input);
  }

  /** Shape with a batch of one. */
  get shape(): readonly number[] {
    const { width, height, layout } = this.#input;
    const channels = channelsOf(this.#input);
    return layout === 'NCHW' ? [1, channels, height, width] : [1, height, width, channels];
  }

  /** The tensor's elements. */
  get data(): InputData {
    return this.#target.data;
  }

  /** Fills the tensor and says where the image lies in it. `size` is that of the whole image where `image` was decoded smaller. */
  fill(image: Pixels, size: ImageSize = image): Placement {
    const pixels = this.#input.color === 'GRAY' ? toGrey(image) : image;
    const plan = this.#planFor(pixels, size);
    plan.run(pixels);
    return plan.geometry.placement;
  }

  /** A camera's images are all of one size, so the last plan nearly always fits. */
  #planFor(pixels: Pixels, size: ImageSize): Plan {
    const last = this.#plan;
    if (last && isSame(last.geometry.source, size) && isSame(last.pixels, pixels)) return last;
    const geometry = geometryOf(size, this.#input);
    if (this.#input.resize === 'letterbox') fillTarget(this.#target, this.#input.pad);
    this.#plan = makePlan(pixels, geometry, this.#input, this.#target);
    return this.#plan;
  }
}

interface Plan {
  readonly geometry: Geometry;
  readonly pixels: ImageSize;
  run(pixels: Pixels): void;
}

function makePlan({ width, height }: ImageSize, geometry: Geometry, input: InputSpec, whole: TensorTarget): Plan {
  const { resized, window, at } = geometry;
  const pixels = { width, height };
  const target = targetAt(whole, at);
  const acrossWindow = { start: window.x, length: window.width };
  const downWindow = { start: window.y, length: window.height };
  if (input.filter === 'bilinear') {
    const columns = linearTaps('columns', width, resized.width, acrossWindow);
    const rows = linearTaps('rows', height, resized.height, downWindow);
    return { geometry, pixels, run: (image) => bilinearToTensor(image, columns, rows, target) };
  }
  const columns = filterTaps(input.filter, width, resized.width, acrossWindow);
  const rows = filterTaps(input.filter, height, resized.height, downWindow);
  const scratch: Scratch = { rows: new Uint8Array(0) };
  return { geometry, pixels, run: (image) => filteredToTensor(image, columns, rows, target, scratch) };
}

function isSame(a: ImageSize, b: ImageSize): boolean {
  return a.width === b.width && a.height === b.height;
}
