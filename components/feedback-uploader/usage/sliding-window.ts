import type { Clock } from '#packages/foundation';

const BUCKETS = 60;

/**
 * How much was used in the last `windowMs`, in 60 buckets. Nothing is forgotten before it is a whole window old, so a
 * limit on `sum()` holds in every window of that length; it is forgotten at most a sixtieth of the window later.
 * Runs on the monotonic clock: a wall clock that jumps neither opens nor locks it.
 */
export class SlidingWindow {
  readonly windowMs: number;
  readonly #clock: Clock;
  readonly #bucketMs: number;
  /** Bucket number → amount, in order of number as far as amounts came in order. */
  readonly #buckets = new Map<number, number>();

  constructor(windowMs: number, clock: Clock) {
    this.windowMs = windowMs;
    this.#clock = clock;
    this.#bucketMs = windowMs / BUCKETS;
  }

  /** @param ageMs how long ago it was used; what is older than the window is left out */
  add(amount: number, ageMs = 0): void {
    const bucket = this.#bucketAt(this.#clock.monotonic() - Math.max(0, ageMs));
    if (bucket >= this.#oldestThatCounts()) this.#change(bucket, amount);
  }

  sum(): number {
    this.#forget();
    let sum = 0;
    for (const amount of this.#buckets.values()) sum += amount;
    return sum;
  }

  /** Milliseconds until `sum()` is at most `target`; 0 when it is now. */
  msUntil(target: number): number {
    let sum = this.sum();
    if (sum <= target) return 0;
    const byAge = [...this.#buckets].sort(([a], [b]) => a - b);
    for (const [bucket, amount] of byAge) {
      sum -= amount;
      if (sum <= target) return (bucket + BUCKETS + 1) * this.#bucketMs - this.#clock.monotonic();
    }
    return this.windowMs;
  }

  /** `[age in ms, amount]` of all that counts, oldest first. */
  entries(): readonly (readonly [ageMs: number, amount: number])[] {
    this.#forget();
    const now = this.#clock.monotonic();
    return [...this.#buckets]
      .sort(([a], [b]) => a - b)
      .map(([bucket, amount]) => [Math.max(0, Math.round(now - (bucket + 1) * this.#bucketMs)), amount] as const);
  }

  #change(bucket: number, by: number): void {
    const amount = (this.#buckets.get(bucket) ?? 0) + by;
    if (amount > 0) this.#buckets.set(bucket, amount);
    else this.#buckets.delete(bucket);
  }

  #forget(): void {
    const oldest = this.#oldestThatCounts();
    for (const bucket of this.#buckets.keys()) if (bucket < oldest) this.#buckets.delete(bucket);
  }

  /** One bucket more than the window holds: the oldest is still partly inside. */
  #oldestThatCounts(): number {
    return this.#bucketAt(this.#clock.monotonic()) - BUCKETS;
  }

  #bucketAt(time: number): number {
    return Math.floor(time / this.#bucketMs);
  }
}
