import type { Frame } from '../frame/frame.ts';

/** Frames of one source that wait for one service, oldest first. */
export class Slot {
  readonly #waiting: Frame[] = [];

  get length(): number {
    return this.#waiting.length;
  }

  /** Takes a frame in; returns those that it pushes out: an older content of the same image, or the oldest when there are more than `capacity`. */
  put(frame: Frame, capacity: number): readonly Frame[] {
    const older = this.#waiting.findIndex((other) => other.image === frame.image);
    const replaced = older >= 0 && Number.isFinite(capacity) ? this.#waiting.splice(older, 1) : [];
    this.#waiting.push(frame);
    const overflow = this.#waiting.length > capacity ? this.#waiting.splice(0, this.#waiting.length - capacity) : [];
    return [...replaced, ...overflow];
  }

  take(): Frame | undefined {
    return this.#waiting.shift();
  }

  /** Removes all; returns them. */
  clear(): readonly Frame[] {
    return this.#waiting.splice(0);
  }
}
