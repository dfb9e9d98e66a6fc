import type { Pixels } from '../image/pixels.ts';
import { fillTarget, targetAt } from '../tensor/tensor-target.ts';
import type { TensorTarget } from '../tensor/tensor-target.ts';
import { bilinearToTensor } from './bilinear.ts';
import { deepBilinear, deepFiltered } from './deep.ts';
import { filterTaps } from './filter-taps.ts';
import { filteredToTensor } from './filtered.ts';
import type { Scratch } from './filtered.ts';
import type { Geometry } from './geometry.ts';
import { linearTaps } from './linear-taps.ts';
import { PixelBuffer } from './pixel-buffer.ts';
import type { Resizer } from './resizer.ts';
import { pixelRegion } from './pixel-region.ts';

/**
 * In plain JavaScript: for processors without SIMD in WebAssembly, for images too large for its memory, with more than 8 bits or with
 * neither 1 nor 3 channels, and to hold it against.
 */
export class PlainResizer implements Resizer {
  readonly #target: TensorTarget;
  readonly #pixels = new PixelBuffer();
  #plan: Plan | undefined;

  constructor(target: TensorTarget) {
    this.#target = target;
  }

  get data() {
    return this.#target.data;
  }

  takePixels(bytes: number): Buffer {
    return this.#pixels.takePixels(bytes);
  }

  fill(pixels: Pixels, pass: Geometry): void {
    const { width, height } = pixels;
    const isDeep = pixels.data instanceof Uint16Array;
    const last = this.#plan;
    const fits = last?.pass === pass && last.width === width && last.height === height && last.isDeep === isDeep;
    if (!fits) {
      if (pass.bars) fillTarget(this.#target, pass.bars);
      this.#plan = { pass, width, height, isDeep, run: makeRun(pixels, pass, this.#target, isDeep) };
    }
    this.#plan?.run(pixels);
  }
}

interface Plan {
  readonly pass: Geometry;
  readonly width: number;
  readonly height: number;
  readonly isDeep: boolean;
  run(pixels: Pixels): void;
}

function makeRun(pixels: Pixels, pass: Geometry, whole: TensorTarget, isDeep: boolean): (pixels: Pixels) => void {
  const { resized, window, at, filter } = pass;
  const region = pixelRegion(pass, pixels);
  const target = targetAt(whole, at);
  const across = { start: window.x, length: window.width };
  const down = { start: window.y, length: window.height };
  if (filter === 'bilinear') {
    const columns = linearTaps('columns', region.width, resized.width, across, region.x);
    const rows = linearTaps('rows', region.height, resized.height, down, region.y);
    if (isDeep) return (image) => deepBilinear(image, columns, rows, target);
    return (image) => bilinearToTensor(image, columns, rows, target);
  }
  const columns = filterTaps(filter, region.width, resized.width, across, region.x);
  const rows = filterTaps(filter, region.height, resized.height, down, region.y);
  if (isDeep) return (image) => deepFiltered(image, columns, rows, target);
  const scratch: Scratch = { rows: new Uint8Array(0) };
  return (image) => filteredToTensor(image, columns, rows, target, scratch);
}
