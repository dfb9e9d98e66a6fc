import type { Clock } from '#packages/foundation';

const RECHECK_MS = 5_000;
/** The nucleus gives up waiting after its own policy's time-out, 60 s by default: we let go before. */
const LONGEST_MS = 45_000;

/** Asks the nucleus to wait while a model is being activated or drained, but not forever. */
export function updateDeferral(clock: Clock, isBusy: () => boolean): () => { deferMs: number; message?: string } {
  let busySince: number | undefined;
  return () => {
    if (!isBusy()) {
      busySince = undefined;
      return { deferMs: 0 };
    }
    busySince ??= clock.monotonic();
    if (clock.monotonic() - busySince >= LONGEST_MS) {
      busySince = undefined;
      return { deferMs: 0 };
    }
    return { deferMs: RECHECK_MS, message: 'a model is being activated or drained' };
  };
}
