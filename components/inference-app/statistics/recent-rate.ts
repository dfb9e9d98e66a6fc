import { quantile } from '#packages/foundation';
import type { ResultRate } from '#packages/http';

const KEPT = 256;
const RATE_MS = 10_000;
const LATENCY_MS = 60_000;

/** When the last results came and how long each took, in the same 4 kB however many they are. */
export class RecentRate {
  readonly #at = new Float64Array(KEPT);
  readonly #took = new Float32Array(KEPT);
  #count = 0;

  /** @param at `clock.monotonic()` */
  add(ms: number, at: number): void {
    const slot = this.#count++ % KEPT;
    this.#at[slot] = at;
    this.#took[slot] = ms;
  }

  /** @param now `clock.monotonic()` */
  rate(now: number): ResultRate {
    const ages = [...this.#at.subarray(0, Math.min(this.#count, KEPT))].map((at) => now - at);
    const within = ages.filter((age) => age < RATE_MS).length;
    // Of a fast source, all that are kept came within less.
    const spanMs = within === KEPT ? Math.max(1, ...ages) : RATE_MS;
    const took = [...this.#took.subarray(0, ages.length)].filter((_, slot) => ages[slot]! < LATENCY_MS);
    const rate = { count: this.#count, perSecond: round((within * 1_000) / spanMs) };
    if (took.length === 0) return rate;
    return { ...rate, p50Ms: round(quantile(took, 0.5)), p95Ms: round(quantile(took, 0.95)) };
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
