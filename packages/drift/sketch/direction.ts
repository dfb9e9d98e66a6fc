/** A unit vector of a layout counts as whole thousandths. */
const UNIT = 1_000;
/** A vector that is shorter has no direction: the picture is flat. In steps of brightness. */
const MIN_LENGTH = 1;

export interface DirectionJson {
  readonly count: number;
  readonly sum: readonly number[];
}

/**
 * The mean direction of vectors: the sum of their unit vectors, in whole numbers, so that it does not depend on their order.
 * Source: Mardia and Jupp, Directional Statistics (2000), 9.2.1.
 */
export class Direction {
  readonly #sum: Float64Array;
  readonly #unit: number;
  #count = 0;

  /** @param unit whole numbers that a length of 1 counts as */
  constructor(dimensions: number, unit = UNIT) {
    this.#sum = new Float64Array(dimensions);
    this.#unit = unit;
  }

  static from({ count, sum }: DirectionJson, unit = UNIT): Direction {
    const direction = new Direction(sum.length, unit);
    direction.#sum.set(sum);
    direction.#count = count;
    return direction;
  }

  get count(): number {
    return this.#count;
  }

  get dimensions(): number {
    return this.#sum.length;
  }

  /**
   * 1 if all vectors point the same way, near 0 if they point anywhere: the mean resultant length. 1 less this is the mean cosine distance of
   * single vectors to the mean direction.
   */
  get coherence(): number {
    return this.#count === 0 ? 0 : length(this.#sum) / (this.#unit * this.#count);
  }

  /** Adds a vector less its mean; one that is the same everywhere does not count. */
  add(vector: ArrayLike<number>): void {
    const mean = sumOf(vector) / vector.length;
    let squares = 0;
    for (let at = 0; at < vector.length; at++) squares += ((vector[at] as number) - mean) ** 2;
    const long = Math.sqrt(squares);
    if (!(long >= MIN_LENGTH)) return;
    this.#add(vector, mean, long);
  }

  /** Adds a vector of length 1. */
  addUnit(vector: ArrayLike<number>): void {
    this.#add(vector, 0, 1);
  }

  merge(other: Direction): void {
    other.#sum.forEach((value, at) => (this.#sum[at] = (this.#sum[at] as number) + value));
    this.#count += other.#count;
  }

  /** Cosine of the angle between two mean directions, -1 to 1. */
  cosine(other: Direction): number {
    const product = this.#sum.reduce((sum, value, at) => sum + value * (other.#sum[at] as number), 0);
    return product / Math.max(1e-9, length(this.#sum) * length(other.#sum));
  }

  toJSON(): DirectionJson {
    return { count: this.#count, sum: [...this.#sum] };
  }

  #add(vector: ArrayLike<number>, mean: number, long: number): void {
    for (let at = 0; at < this.#sum.length; at++)
      this.#sum[at] = (this.#sum[at] as number) + Math.round((((vector[at] as number) - mean) / long) * this.#unit);
    this.#count++;
  }
}

function length(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

function sumOf(vector: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < vector.length; at++) sum += vector[at] as number;
  return sum;
}
