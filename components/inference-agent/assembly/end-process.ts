import { isEdgeError, systemClock } from '#packages/foundation';
import type { Logger } from '#packages/foundation';

import type { Supervision } from '../handover/supervision.ts';
import type { ThreadRegister } from '../instance/thread/thread-register.ts';

/** The nucleus kills what is still there 5 s after SIGTERM. */
const CLOSE_MS = 2_500;
const LAST_RESORT_MS = 4_500;

/** Unit files of the old agent stop it with SIGHUP. */
const END_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** Exit code after a refusal by the nucleus; `run.sh` knows it. */
const NEEDS_NUCLEUS = 75;

export interface EndProcess {
  /** Ends the process once all closing work is done; the first call decides about the exit code. */
  (code: number, error?: unknown): void;
  /** Work to be done at the end, last registered first. */
  before(close: (timeoutMs: number) => Promise<void>): void;
}

/**
 * The one way out of the process: SIGTERM, SIGINT and SIGHUP end it with 0, faults with what they say. If a thread does not come back
 * from native code, nothing but SIGKILL ends the process in time.
 */
export function endWith(log: Logger, threads: ThreadRegister, supervisor?: Supervision): EndProcess {
  const closers: ((timeoutMs: number) => Promise<void>)[] = [];
  let ending = false;

  function end(code: number, error?: unknown): void {
    if (ending) return;
    ending = true;
    if (error === undefined) log.info({}, 'agent.stopping');
    else log.error({ error }, 'agent.failed');
    const startedAt = systemClock.monotonic();
    // Of use only to a supervisor; a nucleus knows no code but 0 and the rest.
    const told = supervisor && isEdgeError(error) && error.code === 'ipc.refused' ? NEEDS_NUCLEUS : code;
    void closeAll()
      .then(() => threads.ended(systemClock, LAST_RESORT_MS - (systemClock.monotonic() - startedAt)))
      .then((clean) => {
        supervisor?.lastWord(told);
        if (clean) process.exit(told);
        log.warn({ threads: threads.count }, 'agent.threads-left');
        process.kill(process.pid, 'SIGKILL');
      });
  }

  async function closeAll(): Promise<void> {
    for (const close of closers.reverse()) {
      await close(CLOSE_MS).catch((error: unknown) => log.warn({ error }, 'agent.close-failed'));
    }
  }

  for (const signal of END_SIGNALS) process.on(signal, () => end(0));
  process.on('uncaughtException', (error) => end(1, error));
  process.on('unhandledRejection', (error) => end(1, error));
  return Object.assign(end, {
    before: (close: (timeoutMs: number) => Promise<void>) => void closers.push(close),
  });
}
