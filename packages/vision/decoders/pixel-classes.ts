import type { SegmentationOutput } from '#packages/model-package';
import type { Numbers } from './outputs.ts';

interface Classified {
  /** The class of each pixel; below 0 for none. */
  readonly ids: Int32Array;
  /** Its score; undefined if there are none. */
  readonly scores: Float32Array | undefined;
}

/** Finds the class of each pixel, in memory that is used again: the result holds until the next call. */
export class PixelClasses {
  readonly #spec: SegmentationOutput;
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
    const isPlanar = this.#spec.layout === 'NCHW';
    const [perClass, perPixel] = isPlanar ? [pixels, 1] : [1, classes];
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
    this.#activate(values, classes, pixels, perClass, perPixel);
    return { ids, scores };
  }

  /** The highest score stays the highest: only its value changes. */
  #activate(values: Numbers, classes: number, pixels: number, perClass: number, perPixel: number): void {
    const { activation, scoreThreshold } = this.#spec;
    const [ids, scores] = [this.#ids, this.#scores];
    for (let at = 0; at < pixels; at++) {
      const highest = scores[at] as number;
      if (activation === 'sigmoid') scores[at] = 1 / (1 + Math.exp(-highest));
      if (activation === 'softmax' && classes > 1) {
        let sum = 0;
        for (let id = 0; id < classes; id++)
          sum += Math.exp((values[id * perClass + at * perPixel] as number) - highest);
        scores[at] = 1 / sum;
      }
      if (classes === 1 && !((scores[at] as number) >= scoreThreshold)) ids[at] = -1;
    }
  }
}
