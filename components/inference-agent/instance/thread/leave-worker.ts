import type { Worker } from 'node:worker_threads';
import type { Clock } from '#packages/foundation';

/** Longer than a worker needs to end itself. A worker that is still there then is in native code; see `ThreadRegister`. */
const LEAVE_MS = 5_000;

/** `threadId` of a thread that has ended. */
const EXITED = -1;

/** Tells a worker of either kind to end itself, and waits until it has, but not forever. */
export async function leave(worker: Worker, clock: Clock): Promise<void> {
  if (worker.threadId === EXITED) return;
  await new Promise<void>((resolve) => {
    const cancel = clock.after(LEAVE_MS, resolve);
    worker.once('exit', () => {
      cancel();
      resolve();
    });
    worker.postMessage({ kind: 'close' });
  });
}
