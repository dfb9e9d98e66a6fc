import { RunCollector } from '#packages/shapes';
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
 * cut to the box. Computed where the box is, and given out as runs of the image, column by column.
 * Source: Ultralytics, utils/ops.py (process_mask, crop_mask), read as a specification; bilinear as PyTorch's interpolate without align_corners.
 */
export class PrototypeMasks {
  #logits = new Float32Array(0);
  #column = new Float32Array(0);
  /** By cells and pixels: the same for every mask of a model. */
  readonly #samplings = new Map<string, Sampling>();

  /** Undefined if not a pixel of the image is covered. */
  runsOf(
    { values, count, height, width }: Prototypes,
    coefficient: (k: number) => number,
    box: PixelBox,
    target: MaskTarget,
  ): readonly number[] | undefined {
    const { image } = target;
    const [left, right] = covered(box.x0, box.x1, image.left, image.width, target.width);
    const [top, bottom] = covered(box.y0, box.y1, image.top, image.height, target.height);
    if (left >= right || top >= bottom) return undefined;
    const onX = this.#sampling(width, target.width);
    const onY = this.#sampling(height, target.height);
    const region = {
      x: onX.first[left] as number,
      y: onY.first[top] as number,
      right: onX.second[right - 1] as number,
      bottom: onY.second[bottom - 1] as number,
    };
    const columns = region.right - region.x + 1;
    const rows = region.bottom - region.y + 1;
    const logits = this.#mix(values, count, coefficient, { ...region, columns, rows, width, size: width * height });
    if (this.#column.length < rows) this.#column = new Float32Array(rows);
    const column = this.#column;
    const runs = new RunCollector();
    for (let x = left; x < right; x++) {
      const first = (onX.first[x] as number) - region.x;
      const second = (onX.second[x] as number) - region.x;
      const part = onX.part[x] as number;
      for (let row = 0, at = 0; row < rows; row++, at += columns) {
        const from = logits[at + first] as number;
        column[row] = from + part * ((logits[at + second] as number) - from);
      }
      const start = (x - image.left) * image.height - image.top;
      let since = -1;
      const lastCell = onY.first[bottom - 1] as number;
      for (let cell = region.y; cell <= lastCell; cell++) {
        const begin = Math.max(top, onY.begin[cell] as number);
        const end = Math.min(bottom, onY.begin[cell + 1] as number);
        const from = column[cell - region.y] as number;
        const to = column[Math.min(cell + 1, region.bottom) - region.y] as number;
        // Between two cells of the same sign every pixel has it, and few cells lie at the edge of an object.
        const step = from > 0 === to > 0 ? end - begin : 1;
        for (let y = begin; y < end; y += step) {
          const isInside = step > 1 ? from > 0 : from + (onY.part[y] as number) * (to - from) > 0;
          if (isInside && since < 0) since = y;
          if (!isInside && since >= 0) {
            runs.add(start + since, y - since);
            since = -1;
          }
        }
      }
      if (since >= 0) runs.add(start + since, bottom - since);
    }
    return runs.area === 0 ? undefined : runs.finish(image.width * image.height);
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

  #mix(
    values: Numbers,
    count: number,
    coefficient: (k: number) => number,
    region: { x: number; y: number; columns: number; rows: number; width: number; size: number },
  ): Float32Array {
    const { x, y, columns, rows, width, size } = region;
    const cells = columns * rows;
    if (this.#logits.length < cells) this.#logits = new Float32Array(cells);
    const logits = this.#logits;
    logits.fill(0, 0, cells);
    for (let k = 0; k < count; k++) {
      const share = coefficient(k);
      for (let row = 0; row < rows; row++) {
        const from = k * size + (y + row) * width + x;
        const to = row * columns;
        for (let cell = 0; cell < columns; cell++) {
          logits[to + cell] = (logits[to + cell] as number) + share * (values[from + cell] as number);
        }
      }
    }
    return logits;
  }
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
