import type { Clock } from '#packages/foundation';
import type { ModelIdentity } from '#packages/http';
import type { ServingModel } from './serving-model.ts';

/** History of the place that a model takes. */
export interface Succession {
  /** The model that took requests last; undefined for the first. */
  readonly from?: ModelIdentity;
  /** Milliseconds during which no model took requests. */
  readonly gapMs: number;
  /** Requests that found no model in that time, or that the model before did not answer. */
  readonly missed: number;
}

/** The place of an alias in which one model at a time takes requests. */
export class ServiceSlot {
  readonly #clock: Clock;
  #serving: ServingModel | undefined;
  /** Monotonic time at which the alias lost its last model. */
  #emptySince: number | undefined;
  /** The model that took requests last. */
  #last: ModelIdentity | undefined;
  #missed = 0;
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

  /** The switch, from one statement to the next. */
  put(next: ServingModel): Succession {
    const unservedSince = this.#serving ? this.#clock.monotonic() : this.#emptySince;
    const from = this.#last;
    const missed = this.#missed;
    this.#serving = next;
    this.#last = next.identity;
    this.#emptySince = undefined;
    this.#missed = 0;
    const gapMs =
      unservedSince === undefined ? 0 : Math.round((this.#clock.monotonic() - unservedSince) * 1_000) / 1_000;
    return { ...(from ? { from } : {}), gapMs, missed };
  }

  /** Requests were refused: they count as lost if a model took requests before and none does now. */
  miss(requests = 1): void {
    if (!this.#serving && this.wasUsed) this.#missed += requests;
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
