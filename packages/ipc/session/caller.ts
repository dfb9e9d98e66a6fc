import type { Clock } from '#packages/foundation';

import { ipcErrors } from '../errors.ts';
import type { CallOperation, NucleusConnection } from '../transport/nucleus-transport.ts';
import { NucleusFault } from '../transport/nucleus-transport.ts';
import type { ConnectionKeeper } from './connection-keeper.ts';
import type { Asked } from '../errors.ts';
import { faultToError } from './fault-to-error.ts';

export interface CallerOptions {
  readonly keeper: ConnectionKeeper;
  readonly clock: Clock;
  readonly component: string;
  readonly timeoutMs: number;
}

/** Calls with a time-out that covers everything: waiting for a connection, the answer, and one more try when the connection broke under it. */
export class Caller {
  readonly #options: CallerOptions;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** @throws EdgeError `ipc.timeout`, `ipc.unauthorized`, `ipc.nucleus-error`, `ipc.closed`, `ipc.overloaded` */
  call(operation: CallOperation, request: object, resource?: string): Promise<unknown> {
    const asked = { component: this.#options.component, operation, ...(resource === undefined ? {} : { resource }) };
    return this.withConnection(asked, (connection) => connection.call(operation, request));
  }

  /** Runs `work` on the connection; again on the next one when it was lost meanwhile, until the time-out. */
  async withConnection<T>(asked: Asked, work: (connection: NucleusConnection) => Promise<T>): Promise<T> {
    const { keeper } = this.#options;
    const limit = this.#limit(asked);
    try {
      for (;;) {
        const connection = await keeper.connection(limit.signal);
        try {
          return await Promise.race([work(connection), limit.passed]);
        } catch (thrown) {
          if (!(thrown instanceof NucleusFault) || thrown.kind !== 'lost') throw faultToError(thrown, asked);
          if (keeper.isCurrent(connection)) keeper.rebuild(thrown.message);
        }
      }
    } finally {
      limit.cancel();
    }
  }

  /** Bounds work on a connection that is not in use yet. */
  async bounded<T>(asked: Asked, work: () => Promise<T>): Promise<T> {
    const limit = this.#limit(asked);
    try {
      return await Promise.race([work(), limit.passed]);
    } catch (thrown) {
      throw faultToError(thrown, asked);
    } finally {
      limit.cancel();
    }
  }

  #limit(asked: Asked) {
    const { clock, timeoutMs } = this.#options;
    const controller = new AbortController();
    const passed = new Promise<never>((_, reject) => {
      controller.signal.addEventListener('abort', () => reject(controller.signal.reason as Error), { once: true });
    });
    passed.catch(() => undefined);
    const cancel = clock.after(timeoutMs, () => controller.abort(timedOut(asked, timeoutMs)));
    return { signal: controller.signal, passed, cancel };
  }
}

function timedOut(asked: Asked, timeoutMs: number) {
  const on = asked.resource === undefined ? '' : ` on ${asked.resource}`;
  const message = `the nucleus did not answer ${asked.operation}${on} within ${timeoutMs} ms`;
  return ipcErrors.error('ipc.timeout', message, { facts: { ...asked, timeoutMs } });
}
