/** Windows whose mean is the target; changes count from there. */
const TARGET_WINDOWS = 21;
/**
 * In deviations of the windows' means: what is forgiven each time, and the sum from which it is a trend. Twice and three times the
 * values of textbooks, which are for means that do not depend on each other: weather lasts for days.
 */
const SLACK = 1.5;
const LIMIT = 16;
/** A trend counts no further: it must be able to end. */
const MOST = 2 * LIMIT;

export interface CusumJson {
  readonly early: readonly number[];
  readonly up: number;
  readonly down: number;
}

/**
 * Cumulated sums of how far the means of windows lie above or below those of the first ones: they find a slow trend, each step of
 * which is too small to see. Source: Page, Continuous inspection schemes, Biometrika 41 (1954); tabular form as in Montgomery,
 * Introduction to Statistical Quality Control (2012), 9.1.
 */
export class Cusum {
  #early: number[] = [];
  #up = 0;
  #down = 0;

  static from({ early, up, down }: CusumJson): Cusum {
    const cusum = new Cusum();
    cusum.#early = [...early];
    cusum.#up = up;
    cusum.#down = down;
    return cusum;
  }

  /** The larger sum over its limit: 1 and more is a trend. */
  get level(): number {
    return Math.max(this.#up, this.#down) / LIMIT;
  }

  get direction(): 'lower' | 'higher' {
    return this.#up >= this.#down ? 'higher' : 'lower';
  }

  /**
   * Takes the mean of one more window.
   * @param least deviation below which differences do not matter, e.g. a tenth of that between single pictures
   */
  add(mean: number, least: number): void {
    if (this.#early.length < TARGET_WINDOWS) {
      this.#early.push(mean);
      return;
    }
    const target = this.#early.reduce((sum, value) => sum + value, 0) / TARGET_WINDOWS;
    const step = (mean - target) / Math.max(least, this.#deviation());
    this.#up = Math.min(MOST, Math.max(0, this.#up + step - SLACK));
    this.#down = Math.min(MOST, Math.max(0, this.#down - step - SLACK));
  }

  toJSON(): CusumJson {
    return { early: this.#early, up: this.#up, down: this.#down };
  }

  #deviation(): number {
    const mean = this.#early.reduce((sum, value) => sum + value, 0) / TARGET_WINDOWS;
    const squares = this.#early.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return Math.sqrt(squares / (TARGET_WINDOWS - 1));
  }
}
