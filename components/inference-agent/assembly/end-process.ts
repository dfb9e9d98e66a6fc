import type { Logger } from '../../common/log/logger.ts';

/** The nucleus kills what is still there 5 s after SIGTERM. */
const CLOSE_MS = 2_500;
const LAST_RESORT_MS = 4_500;

export interface EndProcess {
  /** Ends the process once all closing work is done; the first call decides about the exit code. */
  (code: number, error?: unknown): void;
  /** Work to be done at the end, last registered first. */
  before(close: (timeoutMs: number) => Promise<void>): void;
}

/** The one way out of the process: SIGTERM and SIGINT end it with 0, faults with what they say. */
export function endWith(log: Logger): EndProcess {
  const closers: ((timeoutMs: number) => Promise<void>)[] = [];
  let ending = false;

  function end(code: number, error?: unknown): void {
    if (ending) return;
    ending = true;
    if (error === undefined) log.info({}, 'agent.stopping');
    else log.error({ error }, 'agent.failed');
    // A thread inside native code holds up even process.exit: nothing but the signal ends it then.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_RESORT_MS).unref();
    void closeAll().finally(() => process.exit(code));
  }

  async function closeAll(): Promise<void> {
    for (const close of closers.reverse()) {
      await close(CLOSE_MS).catch((error: unknown) => log.warn({ error }, 'agent.close-failed'));
    }
  }

  process.on('SIGTERM', () => end(0)).on('SIGINT', () => end(0));
  process.on('uncaughtException', (error) => end(1, error));
  process.on('unhandledRejection', (error) => end(1, error));
  return Object.assign(end, {
    before: (close: (timeoutMs: number) => Promise<void>) => void closers.push(close),
  });
}
