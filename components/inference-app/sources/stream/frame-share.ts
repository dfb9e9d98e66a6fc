/** Lets through so many frames per second, evenly, of those that come. */
export class FrameShare {
  readonly #intervalMs: number;
  #dueMs = -Infinity;

  /** @param framesPerSecond 0: all of them */
  constructor(framesPerSecond: number) {
    this.#intervalMs = framesPerSecond > 0 ? 1_000 / framesPerSecond : 0;
  }

  /** Whether a frame that comes now is one of them; then it counts as one. */
  takes(nowMs: number): boolean {
    if (this.#intervalMs === 0) return true;
    if (nowMs < this.#dueMs) return false;
    this.#dueMs = Math.max(this.#dueMs, nowMs - this.#intervalMs) + this.#intervalMs;
    return true;
  }
}
