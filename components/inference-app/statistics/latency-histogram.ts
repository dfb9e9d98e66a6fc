/** Upper bounds in ms of the classes that durations are counted in; what is longer is in one more. */
const LATENCY_BOUNDS_MS = [5, 10, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 1_000, 2_000, 5_000, 10_000] as const;

export interface LatencySummary {
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly maxMs: number;
}

/** Durations, counted by class: the same few bytes however many they are. */
export class LatencyHistogram {
  readonly #counts = LATENCY_BOUNDS_MS.map(() => 0);
  #count = 0;
  #maxMs = 0;

  observe(ms: number): void {
    const at = LATENCY_BOUNDS_MS.findIndex((bound) => ms <= bound);
    if (at >= 0) this.#counts[at]!++;
    this.#count++;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  /** Quantiles are estimated within their class; undefined as long as nothing was observed. */
  get summary(): LatencySummary | undefined {
    if (this.#count === 0) return undefined;
    return { count: this.#count, p50Ms: this.#quantile(0.5), p95Ms: this.#quantile(0.95), maxMs: round(this.#maxMs) };
  }

  #quantile(part: number): number {
    const rank = part * this.#count;
    let below = 0;
    for (const [at, count] of this.#counts.entries()) {
      const [from, to] = [LATENCY_BOUNDS_MS[at - 1] ?? 0, Math.min(LATENCY_BOUNDS_MS[at]!, this.#maxMs)];
      if (count > 0 && below + count >= rank) return round(from + ((to - from) * (rank - below)) / count);
      below += count;
    }
    return round(this.#maxMs);
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
