import { classKernels } from './class-kernels.ts';
import type { ClassKernels } from './class-kernels.ts';
import { growTo } from '#packages/kernels';

export interface PixelScores {
  readonly values: Float32Array;
  readonly classes: number;
  readonly pixels: number;
  readonly layout: 'NCHW' | 'NHWC';
  /** Whether a pixel's score becomes its softmax. */
  readonly hasSoftmax: boolean;
  /** The class whose scores nobody reads, such as that of the background. */
  readonly unscored?: number | undefined;
}

const BLOCK_PIXELS = 512;
/** A line of the cache more than the block, so that the classes of a pixel do not all fall into one set of the cache. */
const PLANE_BYTES = 4 * BLOCK_PIXELS + 64;

/** The class of each pixel's highest score and that score, found block by block, in memory that stays in the CPU's caches. */
export class BlockClasses {
  readonly #kernels: ClassKernels;
  #floats = new Float32Array(0);
  #words = new Int32Array(0);

  constructor(kernels = classKernels()) {
    this.#kernels = kernels;
  }

  classify(scores: PixelScores, ids: Int32Array, highest: Float32Array): void {
    const { classes, pixels, hasSoftmax, unscored = -1 } = scores;
    const planesEnd = classes * PLANE_BYTES;
    const [idsAt, highestAt] = [planesEnd, planesEnd + PLANE_BYTES];
    const { memory } = this.#kernels;
    growTo(memory, highestAt + PLANE_BYTES);
    if (this.#floats.buffer !== memory.buffer) {
      this.#floats = new Float32Array(memory.buffer);
      this.#words = new Int32Array(memory.buffer);
    }
    for (let first = 0; first < pixels; first += BLOCK_PIXELS) {
      const count = Math.min(BLOCK_PIXELS, pixels - first);
      this.#load(scores, first, count);
      this.#kernels.best(0, PLANE_BYTES, planesEnd, 4 * count, idsAt, highestAt);
      if (hasSoftmax) this.#kernels.softmax(0, PLANE_BYTES, planesEnd, 4 * count, idsAt, highestAt, unscored);
      ids.set(this.#words.subarray(idsAt / 4, idsAt / 4 + count), first);
      highest.set(this.#floats.subarray(highestAt / 4, highestAt / 4 + count), first);
    }
  }

  #load({ values, classes, pixels, layout }: PixelScores, first: number, count: number): void {
    const floats = this.#floats;
    if (layout === 'NCHW') {
      for (let id = 0; id < classes; id++)
        floats.set(values.subarray(id * pixels + first, id * pixels + first + count), (id * PLANE_BYTES) / 4);
      return;
    }
    for (let id = 0; id < classes; id++) {
      const plane = (id * PLANE_BYTES) / 4;
      for (let pixel = 0, from = first * classes + id; pixel < count; pixel++, from += classes)
        floats[plane + pixel] = values[from] as number;
    }
  }
}
