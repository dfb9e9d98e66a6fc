import type { Clock, Logger } from '#packages/foundation';

import type { EvictionReason } from '../spool/journal-record.ts';

const QUIET_MS = 60_000;

/** Says that samples are evicted: at once, then at most once a minute with how many there were. A full spool evicts with every sample. */
export function evictionLog(clock: Clock, log: Logger): (reason: EvictionReason) => void {
  const counts = new Map<EvictionReason, number>();
  let isQuiet = false;
  const tell = (): void => {
    if (counts.size === 0) {
      isQuiet = false;
      return;
    }
    log.warn({ samples: Object.fromEntries(counts) }, 'spool.evicted');
    counts.clear();
    isQuiet = true;
    clock.after(QUIET_MS, tell);
  };
  return (reason) => {
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
    if (!isQuiet) tell();
  };
}
