import type { Clock } from '#packages/foundation';
import type { ServingModel } from './serving-model.ts';

/** The place of an alias in which one model at a time takes requests. */
export class ServiceSlot {
  readonly #clock: Clock;
  #serving: ServingModel | undefined;
  /** Monotonic time at which the alias lost its last model. */
  #emptySince: number | undefined;
  #draining: Promise<number> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get serving(): ServingModel | undefined {
    return this.#serving;
  }

  /** Whether a model has ever been here: the gap to the next one is then measured. */
  get wasUsed(): boolean {
    return this.#serving !== undefined || this.#emptySince !== undefined;
  }

  /** The switch, from one statement to the next. Returns for how long nothing took requests, in milliseconds. */
  put(next: ServingModel): number {
    const unservedSince = this.#serving ? this.#clock.monotonic() : this.#emptySince;
    this.#serving = next;
    this.#emptySince = undefined;
    return unservedSince === undefined ? 0 : Math.round((this.#clock.monotonic() - unservedSince) * 1_000) / 1_000;
  }

  /** From now on nothing new goes to the model. */
  empty(): void {
    this.#serving = undefined;
    this.#emptySince = this.#clock.monotonic();
  }

  /** Lets a model that was here finish what runs on it, then ends it; returns the number of requests lost. */
  async drain(model: ServingModel, timeoutMs: number): Promise<number> {
    this.#draining = model.drain(this.#clock, timeoutMs);
    try {
      return await this.#draining;
    } finally {
      this.#draining = undefined;
    }
  }

  /** Ends what serves and waits for what drains. */
  async close(timeoutMs: number): Promise<void> {
    await Promise.all([this.#serving?.drain(this.#clock, timeoutMs), this.#draining]);
  }
}
