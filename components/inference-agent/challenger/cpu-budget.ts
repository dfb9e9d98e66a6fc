import type { Clock } from '#packages/foundation';

/** Most credit, in ms: after a pause there is no burst. */
const MAX_SAVED_MS = 1_000;

/** CPU time that may be spent, as a share of one core. Overspending is paid back by waiting. */
export class CpuBudget {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #leftMs = MAX_SAVED_MS;
  #at: number;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#at = clock.monotonic();
  }

  /** @param percent of one core */
  allows(percent: number): boolean {
    const now = this.#clock.monotonic();
    this.#leftMs = Math.min(MAX_SAVED_MS, this.#leftMs + ((now - this.#at) * percent) / 100);
    this.#at = now;
    return this.#leftMs > 0;
  }

  spent(ms: number): void {
    this.#leftMs -= ms;
  }
}
