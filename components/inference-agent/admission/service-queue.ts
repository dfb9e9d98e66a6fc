import type { QueuedRequest } from './queued-request.ts';

/** Weight of the newest run in the running mean of a service's run time. */
const MEAN_WEIGHT = 0.2;
const FIRST_GUESS_MS = 100;
const MAX_RETRY_SECONDS = 60;

/** The queue of one service. */
export class ServiceQueue<Queued extends QueuedRequest<unknown>> {
  readonly service: string;
  /** In order of arrival; a set, so that one in the middle can leave at once. */
  readonly waiting = new Set<Queued>();
  /** Admitted, their bodies still on the way: they have no place in the queue yet. */
  uploading = 0;
  running = 0;
  /** Number of the turn in which it was last served; 0: never yet. */
  lastTurn = 0;
  #meanRunMs = FIRST_GUESS_MS;
  #spentMs = 0;

  constructor(service: string) {
    this.service = service;
  }

  get depth(): number {
    return this.waiting.size;
  }

  get isActive(): boolean {
    return this.waiting.size > 0 || this.running > 0;
  }

  get idle(): boolean {
    return this.depth === 0 && this.uploading === 0 && this.running === 0;
  }

  /** Time that workers have spent on this service, what they do now included, in ms. */
  get shareMs(): number {
    return this.#spentMs + this.running * this.#meanRunMs;
  }

  /** An idle service earns no credit: it resumes level with the others. */
  joinAmong(others: Iterable<ServiceQueue<Queued>>): void {
    const spent = [...others].filter((queue) => queue !== this && queue.isActive).map((queue) => queue.#spentMs);
    if (!this.isActive && spent.length > 0) this.#spentMs = Math.max(this.#spentMs, Math.min(...spent));
  }

  ran(ms: number): void {
    this.#spentMs += ms;
    this.#meanRunMs += MEAN_WEIGHT * (ms - this.#meanRunMs);
  }

  /** Whole seconds until the queue will have emptied at its present pace, for `Retry-After`. */
  retryAfterSeconds(capacity: number): number {
    const seconds = ((this.depth + this.running) * this.#meanRunMs) / Math.max(1, capacity) / 1_000;
    return Math.min(MAX_RETRY_SECONDS, Math.max(1, Math.ceil(seconds)));
  }
}
