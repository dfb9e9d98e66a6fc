import type { Clock } from '#packages/foundation';

/** Requests whose outcome and latency are remembered. */
const REMEMBERED = 512;
const DEFAULT_PERCENTILE = 0.95;

/** The requests of one version of a model since it began to serve. */
export class ModelLife {
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  #requests = 0;
  readonly #latencies: number[] = [];
  readonly #failures: boolean[] = [];

  constructor(version: string, clock: Pick<Clock, 'now'>) {
    this.version = version;
    this.since = clock.now();
  }

  answered(latencyMs: number): void {
    this.#latencies[this.#requests % REMEMBERED] = latencyMs;
    this.#failures[this.#requests++ % REMEMBERED] = false;
  }

  failed(): void {
    this.#failures[this.#requests++ % REMEMBERED] = true;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Of the last requests; 0 without any. */
  get failurePercent(): number {
    const failures = this.#failures.filter(Boolean).length;
    return this.#failures.length === 0 ? 0 : Math.round((100 * failures) / this.#failures.length);
  }

  /** Of the last answers; undefined without any. */
  get p95Ms(): number | undefined {
    const ordered = this.#latencies.filter((value) => value !== undefined).sort((a, b) => a - b);
    return ordered[Math.ceil(DEFAULT_PERCENTILE * ordered.length) - 1];
  }
}
