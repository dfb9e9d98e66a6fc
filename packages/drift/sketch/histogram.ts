import type { Scale } from './scale.ts';

/** Exact counts of one feature. Adding is commutative and associative, so that parts may be merged in any order. */
export class Histogram {
  readonly scale: Scale;
  readonly #counts: Float64Array;
  #total = 0;

  constructor(scale: Scale) {
    this.scale = scale;
    this.#counts = new Float64Array(scale.bins);
  }

  /** A histogram from what `toJSON` gave. The caller has checked that each bin is one of the scale's. */
  static from(scale: Scale, pairs: readonly number[]): Histogram {
    const histogram = new Histogram(scale);
    for (let at = 0; at + 1 < pairs.length; at += 2) histogram.#count(pairs[at] as number, pairs[at + 1] as number);
    return histogram;
  }

  get total(): number {
    return this.#total;
  }

  get counts(): Float64Array {
    return this.#counts;
  }

  /** Counts a value; what is not a number does not count. */
  add(value: number): void {
    if (!Number.isNaN(value)) this.#count(this.scale.binOf(value), 1);
  }

  merge({ counts }: Histogram): void {
    counts.forEach((times, bin) => this.#count(bin, times));
  }

  /** Mean and standard deviation, in bins of the scale; undefined without a value. */
  moments(): { readonly mean: number; readonly deviation: number } | undefined {
    if (this.#total === 0) return undefined;
    const mean = this.#counts.reduce((sum, times, bin) => sum + times * bin, 0) / this.#total;
    const squares = this.#counts.reduce((sum, times, bin) => sum + times * (bin - mean) ** 2, 0);
    return { mean, deviation: Math.sqrt(squares / this.#total) };
  }

  /** Bin, count, bin, count, …, without what is zero. */
  toJSON(): readonly number[] {
    const pairs: number[] = [];
    this.#counts.forEach((times, bin) => {
      if (times > 0) pairs.push(bin, times);
    });
    return pairs;
  }

  #count(bin: number, times: number): void {
    this.#counts[bin] = (this.#counts[bin] as number) + times;
    this.#total += times;
  }
}
