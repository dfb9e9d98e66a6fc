import type { Clock } from '#packages/foundation';

export interface Pending<Answer> {
  resolve(value: Answer): void;
  reject(error: Error): void;
}

/**
 * The questions that a thread has not answered yet. A thread that answers none for too long is stuck: what waits behind another
 * question has its time only from that one's answer on.
 */
export class PendingRequests<Answer> {
  readonly #clock: Clock;
  readonly #stuckAfterMs: number;
  readonly #onStuck: () => void;
  readonly #pending = new Map<number, Pending<Answer>>();
  #nextId = 1;
  #cancelWatch: () => void = () => undefined;

  constructor(clock: Clock, stuckAfterMs: number, onStuck: () => void) {
    this.#clock = clock;
    this.#stuckAfterMs = stuckAfterMs;
    this.#onStuck = onStuck;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** Id of the question that has waited longest. */
  get oldest(): number | undefined {
    return this.#pending.keys().next().value;
  }

  add(pending: Pending<Answer>): number {
    const id = this.#nextId++;
    this.#pending.set(id, pending);
    if (this.size === 1) this.#watch();
    return id;
  }

  /** Undefined if nobody waits for it any more. */
  take(id: number): Pending<Answer> | undefined {
    const pending = this.#pending.get(id);
    if (pending && this.#pending.delete(id)) this.#watch();
    return pending;
  }

  /** @param error for all, or for each by its id */
  rejectAll(error: Error | ((id: number) => Error)): void {
    this.#cancelWatch();
    const all = [...this.#pending];
    this.#pending.clear();
    for (const [id, one] of all) one.reject(typeof error === 'function' ? error(id) : error);
  }

  #watch(): void {
    this.#cancelWatch();
    if (this.size > 0) this.#cancelWatch = this.#clock.after(this.#stuckAfterMs, this.#onStuck);
  }
}
