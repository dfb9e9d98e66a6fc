import type { InputSpec } from '#packages/model-package';

import type { ImageSize } from '../image/pixels.ts';
import type { Pixels } from '../image/pixels.ts';
import { createTarget, fillTarget, targetAt } from '../tensor/tensor-target.ts';
import type { TensorTarget } from '../tensor/tensor-target.ts';
import { bilinearToTensor } from './bilinear.ts';
import { filterTaps } from './filter-taps.ts';
import { filteredToTensor } from './filtered.ts';
import type { Scratch } from './filtered.ts';
import { geometryOf } from './geometry.ts';
import type { Geometry, Placement } from './geometry.ts';
import { linearTaps } from './linear-taps.ts';
import { PixelBuffer } from './pixel-buffer.ts';
import type { Resizer } from './resizer.ts';

/** In plain JavaScript: for processors without SIMD in WebAssembly, for images too large for its memory, and to hold it against. */
export class PlainResizer implements Resizer {
  readonly #input: InputSpec;
  readonly #target: TensorTarget;
  readonly #pixels = new PixelBuffer();
  #plan: Plan | undefined;

  constructor(input: InputSpec, target: TensorTarget = createTarget(input)) {
    this.#input = input;
    this.#target = target;
  }

  get data() {
    return this.#target.data;
  }

  takePixels(bytes: number): Buffer {
    return this.#pixels.take(bytes);
  }

  fill(pixels: Pixels, size: ImageSize): Placement {
    const plan = this.#planFor(pixels, size);
    plan.run(pixels);
    return plan.geometry.placement;
  }

  /** A camera's images are all of one size, so the last plan nearly always fits. */
  #planFor(pixels: Pixels, size: ImageSize): Plan {
    const last = this.#plan;
    if (last && isSameSize(last.geometry.source, size) && isSameSize(last.pixels, pixels)) return last;
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

export function isSameSize(a: ImageSize, b: ImageSize): boolean {
  return a.width === b.width && a.height === b.height;
}
