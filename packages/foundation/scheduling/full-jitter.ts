export interface BackoffOptions {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * Full jitter: uniform between 0 and `min(cap, base · 2^attempt)`, so that components that lost the nucleus together do not come back together.
 * M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
 *
 * @param attempt counts from 0
 */
export function fullJitter({ baseMs, capMs }: BackoffOptions, attempt: number, random: () => number): number {
  return random() * Math.min(capMs, baseMs * 2 ** Math.min(attempt, 30));
}
