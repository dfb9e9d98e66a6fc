import type { Clock } from '#packages/foundation';
import type { ResultMessage } from '#packages/http';

const INTERVAL_MS = 1_000;

/** Picks the results that a terminal shows, since nobody can read all those of a camera: one a second of each source and service, and every error. */
export class ResultPace {
  readonly #clock: Clock;
  readonly #shown = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  isDue({ source, service, error }: ResultMessage): boolean {
    if (error) return true;
    const key = `${source}\n${service}`;
    const now = this.#clock.monotonic();
    if (now - (this.#shown.get(key) ?? -Infinity) < INTERVAL_MS) return false;
    this.#shown.set(key, now);
    return true;
  }
}
