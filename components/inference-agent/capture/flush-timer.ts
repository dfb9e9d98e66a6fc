import type { Clock } from '#packages/foundation';

/** Calls for a flush once, `periodMs` after it was first wanted. */
export class FlushTimer {
  readonly #clock: Clock;
  readonly #flush: () => void;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, flush: () => void) {
    this.#clock = clock;
    this.#flush = flush;
  }

  want(periodMs: number): void {
    this.#cancel ??= this.#clock.after(periodMs, () => {
      this.#cancel = undefined;
      this.#flush();
    });
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
