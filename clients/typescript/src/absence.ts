import { isEdgeError, sleep, systemClock } from '#packages/foundation';

/** How long `InferenceClient` and `FeedbackClient` wait for a service that may be starting. */
const PATIENCE_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** Nobody has been asked, and a moment later somebody may listen. */
const PASSING: ReadonlySet<unknown> = new Set(['ENOENT', 'ECONNREFUSED', 'EAGAIN']);

/** A service that starts again: for some seconds nobody listens on its socket. One object per call. */
export class Absence {
  #nextPauseMs = FIRST_PAUSE_MS;

  /** Milliseconds until the next attempt; undefined if another does not help. */
  pauseAfter(thrown: unknown): number | undefined {
    if (!isEdgeError(thrown) || !thrown.code.endsWith('.unreachable') || !PASSING.has(thrown.facts['code'])) return;
    const pauseMs = this.#nextPauseMs;
    this.#nextPauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    return pauseMs;
  }
}

/**
 * Tries again while nobody listens, for 10 s or for `timeoutMs` if that is shorter.
 *
 * @param attempt is told how much of `timeoutMs` is left
 */
export async function whileAbsent<Answer>(
  timeoutMs: number,
  attempt: (leftMs: number) => Promise<Answer>,
): Promise<Answer> {
  const start = systemClock.monotonic();
  const absence = new Absence();
  for (;;) {
    const waitedMs = systemClock.monotonic() - start;
    try {
      return await attempt(Math.max(1, Math.ceil(timeoutMs - waitedMs)));
    } catch (thrown) {
      const pauseMs = absence.pauseAfter(thrown);
      if (pauseMs === undefined || waitedMs + pauseMs >= Math.min(timeoutMs, PATIENCE_MS)) throw thrown;
      await sleep(systemClock, pauseMs);
    }
  }
}
