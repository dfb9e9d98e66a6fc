import type { InputSpec } from '../../model-package/schema.ts';
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

  /** Fills the tensor and says where the image lies in it. */
  fill(image: Pixels): Placement {
    const pixels = this.#input.color === 'GRAY' ? toGrey(image) : image;
    const plan = this.#planFor(pixels);
    plan.run(pixels);
    return plan.geometry.placement;
  }

  /** A camera's images are all of one size, so the last plan nearly always fits. */
  #planFor(pixels: Pixels): Plan {
    const last = this.#plan;
    if (last && last.geometry.source.width === pixels.width && last.geometry.source.height === pixels.height)
      return last;
    const geometry = geometryOf(pixels, this.#input);
    if (this.#input.resize === 'letterbox') fillTarget(this.#target, this.#input.pad);
    this.#plan = makePlan(geometry, this.#input, this.#target);
    return this.#plan;
  }
}

interface Plan {
  readonly geometry: Geometry;
  run(pixels: Pixels): void;
}

function makePlan(geometry: Geometry, input: InputSpec, whole: TensorTarget): Plan {
  const { source, resized, window, at } = geometry;
  const target = targetAt(whole, at);
  const acrossWindow = { start: window.x, length: window.width };
  const downWindow = { start: window.y, length: window.height };
  if (input.filter === 'bilinear') {
    const columns = linearTaps('columns', source.width, resized.width, acrossWindow);
    const rows = linearTaps('rows', source.height, resized.height, downWindow);
    return { geometry, run: (pixels) => bilinearToTensor(pixels, columns, rows, target) };
  }
  const columns = filterTaps(input.filter, source.width, resized.width, acrossWindow);
  const rows = filterTaps(input.filter, source.height, resized.height, downWindow);
  const scratch: Scratch = { rows: new Uint8Array(0) };
  return { geometry, run: (pixels) => filteredToTensor(pixels, columns, rows, target, scratch) };
}
