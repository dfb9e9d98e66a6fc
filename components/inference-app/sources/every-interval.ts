import { sleep } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

/** One pass after the other, counted from start to start; a pass that takes longer than the interval delays the next one. Ends with the signal. */
export async function everyInterval(
  clock: Clock,
  intervalMs: number,
  signal: AbortSignal,
  pass: () => Promise<void>,
): Promise<void> {
  let due = clock.monotonic();
  while (!signal.aborted) {
    await pass();
    due = Math.max(due + intervalMs, clock.monotonic());
    await sleep(clock, due - clock.monotonic(), signal).catch(() => undefined);
  }
}
