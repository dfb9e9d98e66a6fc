import type { SegmentationOutput } from '#packages/model-package';
import { BlockClasses } from './block-classes.ts';
import type { Numbers } from './outputs.ts';

interface Classified {
  /** The class of each pixel; below 0 for none. */
  readonly ids: Int32Array;
  /** Its score, but not of the background; undefined if there are none. */
  readonly scores: Float32Array | undefined;
}

/** Finds the class of each pixel, in memory that is used again: the result holds until the next call. */
export class PixelClasses {
  readonly #spec: SegmentationOutput;
  readonly #blocks = new BlockClasses();
  #ids = new Int32Array(0);
  #scores = new Float32Array(0);

  constructor(spec: SegmentationOutput) {
    this.#spec = spec;
  }

  /** @param classes number of classes, of which each pixel has scores; 0 if it has its class */
  of(values: Numbers, classes: number, pixels: number): Classified {
    if (this.#ids.length < pixels) {
      this.#ids = new Int32Array(pixels);
      this.#scores = new Float32Array(pixels);
    }
    const [ids, scores] = [this.#ids, this.#scores];
    if (classes === 0) {
      for (let at = 0; at < pixels; at++) ids[at] = values[at] as number;
      return { ids, scores: undefined };
    }
    const { layout, activation, scoreThreshold, backgroundClass: unscored } = this.#spec;
    const hasSoftmax = activation === 'softmax' && classes > 1;
    // The kernels compare in single precision, in which other types may not be exact.
    if (values instanceof Float32Array && classes > 1)
      this.#blocks.classify({ values, classes, pixels, layout, hasSoftmax, unscored }, ids, scores);
    else this.#classify(values, classes, pixels, hasSoftmax);
    if (activation === 'sigmoid')
      for (let at = 0; at < pixels; at++) scores[at] = 1 / (1 + Math.exp(-(scores[at] as number)));
    if (classes === 1)
      for (let at = 0; at < pixels; at++) if (!((scores[at] as number) >= scoreThreshold)) ids[at] = -1;
    return { ids, scores };
  }

  #classify(values: Numbers, classes: number, pixels: number, hasSoftmax: boolean): void {
    const [ids, scores] = [this.#ids, this.#scores];
    const [perClass, perPixel] = this.#spec.layout === 'NCHW' ? [pixels, 1] : [1, classes];
    ids.fill(0, 0, pixels);
    for (let at = 0; at < pixels; at++) scores[at] = values[at * perPixel] as number;
    for (let id = 1; id < classes; id++) {
      for (let at = 0, from = id * perClass; at < pixels; at++, from += perPixel) {
        const score = values[from] as number;
        if (score > (scores[at] as number)) {
          scores[at] = score;
          ids[at] = id;
        }
      }
    }
    if (!hasSoftmax) return;
    for (let at = 0; at < pixels; at++) {
      let sum = 0;
      for (let id = 0; id < classes; id++)
        sum += Math.exp((values[id * perClass + at * perPixel] as number) - (scores[at] as number));
      scores[at] = 1 / sum;
    }
  }
}
