import { RunCollector } from '#packages/shapes';
import { growTo } from '#packages/kernels';
import { maskKernels } from './mask-kernels.ts';
import type { Numbers } from './outputs.ts';

/** Prototypes [K, height, width] over the model's input. */
export interface Prototypes {
  readonly values: Numbers;
  readonly count: number;
  readonly height: number;
  readonly width: number;
}

/** A rectangle in pixels of the model's input. */
export interface PixelBox {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export interface MaskTarget {
  /** Of the model's input. */
  readonly width: number;
  readonly height: number;
  /** The image in it, in whole pixels; it may reach beyond. */
  readonly image: { readonly left: number; readonly top: number; readonly width: number; readonly height: number };
}

/**
 * Masks as the reference has them: prototypes mixed by the row's coefficients, enlarged to the model's input (bilinear, pixel middles), above 0,
 * cut to the box. Computed inside the box only, and given out as runs of the image, column by column.
 * Source: Ultralytics, utils/ops.py (process_mask, crop_mask), read as a specification; bilinear as PyTorch's interpolate without align_corners.
 */
export class PrototypeMasks {
  readonly #kernels = maskKernels();
  #prototypes: Prototypes = { values: new Float32Array(0), count: 0, height: 0, width: 0 };
  #layout = layoutOf(this.#prototypes);
  #floats = new Float32Array(0);
  #words = new Int32Array(0);
  /** By cells and pixels: the same for every mask of a model. */
  readonly #samplings = new Map<string, Sampling>();

  /** The prototypes of the masks that follow. */
  load(prototypes: Prototypes): void {
    this.#prototypes = prototypes;
    this.#layout = layoutOf(prototypes);
    const { memory } = this.#kernels;
    growTo(memory, this.#layout.end);
    this.#floats = new Float32Array(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
    this.#floats.set(prototypes.values, this.#layout.values / 4);
  }

  /** Undefined if not a pixel of the image is covered. */
  runsOf(coefficient: (k: number) => number, box: PixelBox, target: MaskTarget): readonly number[] | undefined {
    const { image } = target;
    const [left, right] = covered(box.x0, box.x1, image.left, image.width, target.width);
    const [top, bottom] = covered(box.y0, box.y1, image.top, image.height, target.height);
    if (left >= right || top >= bottom) return undefined;
    const onX = this.#sampling(this.#prototypes.width, target.width);
    const onY = this.#sampling(this.#prototypes.height, target.height);
    const region = {
      x: onX.first[left] as number,
      y: onY.first[top] as number,
      right: onX.second[right - 1] as number,
      bottom: onY.second[bottom - 1] as number,
    };
    this.#mix(coefficient, region);
    const { logits, columnBytes, column, signs } = this.#layout;
    const cells = region.bottom - region.y + 1;
    const runs = new RunCollector();
    for (let x = left; x < right; x++) {
      const first = logits + ((onX.first[x] as number) - region.x) * columnBytes;
      const second = logits + ((onX.second[x] as number) - region.x) * columnBytes;
      this.#kernels.blend(first, second, onX.part[x] as number, 4 * cells, column, signs);
      this.#trace(runs, (x - image.left) * image.height - image.top, top, bottom, onY, region.y, cells);
    }
    return runs.area === 0 ? undefined : runs.finish(image.width * image.height);
  }

  /** The spans of a column of pixels. Between two cells of the same sign every pixel has it, and few cells lie at the edge of an object. */
  #trace(
    runs: RunCollector,
    start: number,
    top: number,
    bottom: number,
    onY: Sampling,
    y: number,
    cells: number,
  ): void {
    const signs = this.#layout.signs / 4;
    let before = (this.#words[signs] as number) & 1;
    let since = before === 1 ? top : -1;
    for (let from = 0; from < cells; from += 32) {
      const word = this.#words[signs + (from >> 5)] as number;
      let changes = word ^ ((word << 1) | before);
      if (cells - from < 32) changes &= (1 << (cells - from)) - 1;
      before = word >>> 31;
      for (; changes !== 0; changes &= changes - 1) {
        const at = from + 31 - Math.clz32(changes & -changes);
        const edge = this.#edge(at, top, bottom, onY, y);
        if (since < 0) since = edge;
        else {
          runs.add(start + since, edge - since);
          since = -1;
        }
      }
    }
    if (since >= 0) runs.add(start + since, bottom - since);
  }

  /** The first pixel that has the sign of a cell, of those between it and the cell before it, which has the other. */
  #edge(at: number, top: number, bottom: number, onY: Sampling, y: number): number {
    const column = this.#layout.column / 4;
    const from = this.#floats[column + at - 1] as number;
    const to = this.#floats[column + at] as number;
    const end = Math.min(bottom, onY.begin[y + at] as number);
    let pixel = Math.max(top, onY.begin[y + at - 1] as number);
    while (pixel < end && from + (onY.part[pixel] as number) * (to - from) > 0 !== to > 0) pixel++;
    return pixel;
  }

  #mix(coefficient: (k: number) => number, { x, y, right, bottom }: Region): void {
    const { count, width, height } = this.#prototypes;
    const { coefficients, values, logits, columnBytes } = this.#layout;
    for (let k = 0; k < count; k++) this.#floats[coefficients / 4 + k] = coefficient(k);
    const [columns, rows] = [right - x + 1, bottom - y + 1];
    const first = values + 4 * (y * width + x);
    const plane = 4 * width * height;
    const end = coefficients + 4 * count;
    this.#kernels.mix(first, 4 * width, plane, coefficients, end, columns, rows, logits, columnBytes);
  }

  #sampling(cells: number, pixels: number): Sampling {
    const key = `${cells}/${pixels}`;
    let sampling = this.#samplings.get(key);
    if (!sampling) {
      // Models of free sizes see few; hostile pictures could ask for many.
      if (this.#samplings.size > 16) this.#samplings.clear();
      this.#samplings.set(key, (sampling = samplingOf(cells, pixels)));
    }
    return sampling;
  }
}

/** Cells, both ends included. */
interface Region {
  readonly x: number;
  readonly y: number;
  readonly right: number;
  readonly bottom: number;
}

/** Byte addresses in the memory of the kernels, with what they may read and write beyond. */
function layoutOf({ count, height, width }: Prototypes) {
  const coefficients = 0;
  const values = align(4 * count);
  const column = values + align(4 * count * height * width) + 64;
  const columnBytes = align(4 * height);
  const signs = column + columnBytes;
  const logits = signs + align(height / 8 + 4);
  return { coefficients, values, column, columnBytes, signs, logits, end: logits + (width + 16) * columnBytes };
}

function align(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}

/** Whole pixels of the model's input that lie in the box and in the image; ends excluded. */
function covered(from: number, to: number, start: number, length: number, input: number): readonly [number, number] {
  return [Math.max(0, start, Math.ceil(from)), Math.min(input, start + length, Math.ceil(to))];
}

/** Which two cells each pixel lies between, and how far from the first. */
interface Sampling {
  /** The first pixel behind each cell; one more than there are cells. */
  readonly begin: Int32Array;
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly part: Float64Array;
}

function samplingOf(cells: number, pixels: number): Sampling {
  const at = Float64Array.from({ length: pixels }, (_, pixel) => Math.max(0, ((pixel + 0.5) * cells) / pixels - 0.5));
  const first = Int32Array.from(at, Math.floor);
  const begin = new Int32Array(cells + 1).fill(pixels);
  for (let pixel = pixels - 1; pixel >= 0; pixel--) begin[first[pixel] as number] = pixel;
  // Behind a cell without pixels begin those of the next.
  for (let cell = cells - 1; cell >= 0; cell--)
    begin[cell] = Math.min(begin[cell] as number, begin[cell + 1] as number);
  return {
    begin,
    first,
    second: first.map((cell) => Math.min(cells - 1, cell + 1)),
    part: at.map((place) => place % 1),
  };
}
