/** Seconds until what has changed counts as the scene: soon while nothing moves, so that daylight is followed; late while something does. */
const STILL_SECONDS = 2;
const CHANGED_SECONDS = 20;
/** A cell that always flickers this many times as much as now is left in peace: leaves, water, a screen. */
const TIMES_NOISE = 4;

/** Each cell's brightness while nothing moves, and its own flicker. Numbers are of 8 for each step of brightness. */
export class Background {
  readonly #mean: Float32Array;
  readonly #noise: Float32Array;
  readonly #changed: Uint8Array;

  constructor(cells: Int16Array) {
    this.#mean = Float32Array.from(cells);
    this.#noise = new Float32Array(cells.length);
    this.#changed = new Uint8Array(cells.length);
  }

  /**
   * Compares, then learns.
   * @param threshold steps of brightness by which a cell has to differ
   * @param seconds since the last comparison
   * @returns cells that differ beside or below one that does: single ones are noise
   */
  compare(cells: Int16Array, watched: Uint8Array, columns: number, threshold: number, seconds: number): number {
    const mean = this.#mean;
    const noise = this.#noise;
    const changed = this.#changed;
    const shift = this.#shift(cells, watched);
    const still = 1 - Math.exp(-seconds / STILL_SECONDS);
    const slow = 1 - Math.exp(-seconds / CHANGED_SECONDS);
    let count = 0;
    for (let cell = 0; cell < cells.length; cell++) {
      const difference = (cells[cell] as number) - (mean[cell] as number);
      const distance = Math.abs(difference - shift);
      const isChanged =
        distance > Math.max(8 * threshold, TIMES_NOISE * (noise[cell] as number)) && watched[cell] === 1;
      changed[cell] = isChanged ? 1 : 0;
      if (
        isChanged &&
        ((cell % columns > 0 && changed[cell - 1] === 1) || (cell >= columns && changed[cell - columns] === 1))
      )
        count++;
      const rate = isChanged ? slow : still;
      mean[cell] = (mean[cell] as number) + rate * difference;
      noise[cell] = (noise[cell] as number) + slow * (distance - (noise[cell] as number));
    }
    return count;
  }

  /** By how much the whole picture is brighter: clouds and a camera's exposure are not motion. */
  #shift(cells: Int16Array, watched: Uint8Array): number {
    let sum = 0;
    let count = 0;
    for (let cell = 0; cell < cells.length; cell++) {
      if (watched[cell] !== 1) continue;
      const difference = (cells[cell] as number) - (this.#mean[cell] as number);
      // Cells that have moved must not count as a change of light.
      sum += Math.max(-MOST_SHIFT, Math.min(MOST_SHIFT, difference));
      count++;
    }
    return count === 0 ? 0 : sum / count;
  }
}

/** 24 steps of brightness. */
const MOST_SHIFT = 8 * 24;
