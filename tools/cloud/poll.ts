import { sleep } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

export interface PollOptions {
  readonly clock: Clock;
  /** First pause; each further one is half as long again, up to `maxEveryMs`. */
  readonly everyMs: number;
  readonly maxEveryMs?: number | (() => number);
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Asks until there is an answer; undefined when the time is over first. */
export async function pollUntil<Answer>(
  { clock, everyMs, maxEveryMs = everyMs, timeoutMs, signal }: PollOptions,
  ask: () => Promise<Answer | undefined>,
): Promise<Answer | undefined> {
  const end = clock.monotonic() + timeoutMs;
  const longestMs = typeof maxEveryMs === 'number' ? () => maxEveryMs : maxEveryMs;
  for (let grown = everyMs; ; grown = Math.min(grown * 1.5, longestMs())) {
    signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined) return answer;
    const pause = Math.min(grown, longestMs());
    if (clock.monotonic() + pause > end) return undefined;
    await sleep(clock, pause, signal);
  }
}
