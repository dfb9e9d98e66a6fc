import { isEdgeError, messageOf } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import { agentErrors } from '../errors.ts';
import type { ExecutorOptions } from './executor.ts';
import type { InstanceFacts, OpenProgress } from './model-instance.ts';

/** Messages of an executor while it opens its model. */
export interface OpeningListener {
  progress(step: OpenProgress): void;
  opened(facts: InstanceFacts): void;
  failed(error: EdgeError): void;
  /** It has ended: the error, the exit code, or the words that say how. */
  ended(reason: unknown): void;
}

/**
 * An executor's description of its model once that is loaded, warm and tested.
 *
 * @param listen subscribes, and returns how to unsubscribe
 * @throws EdgeError of the model, `instance.start-failed`, `instance.start-timeout`; the signal's reason when aborted
 */
export function waitUntilOpen(
  listen: (listener: OpeningListener) => () => void,
  options: Pick<ExecutorOptions, 'clock' | 'loadTimeoutMs' | 'signal' | 'progress'>,
): Promise<InstanceFacts> {
  const { clock, loadTimeoutMs, signal } = options;
  return new Promise<InstanceFacts>((resolve, reject) => {
    const settle = (how: () => void): void => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      unsubscribe();
      how();
    };
    const onAbort = (): void => settle(() => reject(isError(signal.reason) ? signal.reason : new Error('aborted')));
    const onTimeout = (): void => {
      const message = `the model did not load within ${loadTimeoutMs} ms`;
      settle(() => reject(agentErrors.error('instance.start-timeout', message, { facts: { loadTimeoutMs } })));
    };
    const cancelTimer = clock.after(loadTimeoutMs, onTimeout);
    signal.addEventListener('abort', onAbort, { once: true });
    const unsubscribe = listen({
      progress: (step) => options.progress(step),
      opened: (facts) => settle(() => resolve(facts)),
      failed: (error) => settle(() => reject(error)),
      ended: (reason) => settle(() => reject(startFailed(reason))),
    });
  });
}

function startFailed(reason: unknown): EdgeError {
  if (isEdgeError(reason)) return reason;
  const what = typeof reason === 'number' ? `it ended with code ${reason}` : messageOf(reason);
  const message = `the worker of the model did not start: ${what}`;
  return agentErrors.error('instance.start-failed', message, { cause: reason });
}

function isError(value: unknown): value is Error {
  return value instanceof Error;
}
