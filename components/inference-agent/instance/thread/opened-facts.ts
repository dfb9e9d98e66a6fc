import type { Worker } from 'node:worker_threads';
import { fromWire, isEdgeError, messageOf } from '#packages/foundation';
import type { Clock, EdgeError } from '#packages/foundation';
import { instanceErrors } from '../errors.ts';
import type { InstanceFacts, OpenProgress } from '../model-instance.ts';
import type { FromWorker } from '../protocol.ts';

export interface OpenedFactsOptions {
  readonly clock: Clock;
  readonly loadTimeoutMs: number;
  readonly signal: AbortSignal;
  progress(step: OpenProgress): void;
}

/**
 * What a worker says of its model once that is loaded, warm and tested.
 * @throws EdgeError of the model, `instance.start-failed`, `instance.start-timeout`; the signal's reason when aborted
 */
export function openedFacts(worker: Worker, options: OpenedFactsOptions): Promise<InstanceFacts> {
  const { clock, loadTimeoutMs, signal } = options;
  return new Promise<InstanceFacts>((resolve, reject) => {
    const onMessage = (message: FromWorker): void => {
      if (message.kind === 'progress') options.progress(message.step);
      if (message.kind === 'opened') settle(() => resolve(message.facts));
      if (message.kind === 'failed') settle(() => reject(fromWire(message.error)));
    };
    const onEnd = (reason: unknown): void => settle(() => reject(startFailed(reason)));
    const onAbort = (): void => settle(() => reject(isError(signal.reason) ? signal.reason : new Error('aborted')));
    const onTimeout = (): void => {
      const message = `the model did not load within ${loadTimeoutMs} ms`;
      settle(() => reject(instanceErrors.error('instance.start-timeout', message, { facts: { loadTimeoutMs } })));
    };
    const cancelTimer = clock.after(loadTimeoutMs, onTimeout);
    const settle = (how: () => void): void => {
      cancelTimer();
      signal.removeEventListener('abort', onAbort);
      worker.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
      // From here on an error of a thread that failed to open has no other listener, and must not end the process.
      worker.on('error', () => undefined);
      how();
    };
    worker.on('message', onMessage).on('error', onEnd).on('exit', onEnd);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function startFailed(reason: unknown): EdgeError {
  if (isEdgeError(reason)) return reason;
  const what = typeof reason === 'number' ? `it ended with code ${reason}` : messageOf(reason);
  return instanceErrors.error('instance.start-failed', `the worker of the model did not start: ${what}`, {
    cause: reason,
  });
}

function isError(value: unknown): value is Error {
  return value instanceof Error;
}
