import { agentErrors } from '../errors.ts';
import type { Executor, OpenExecutor } from './executor.ts';

/** Bounds the processes and threads of all models together: those that serve, spares, challengers, and those that are on their way out. */
export class ExecutorQuota {
  readonly #most: () => number;
  #running = 0;

  /** @param most may change; those that run stay */
  constructor(most: () => number) {
    this.#most = most;
  }

  /** The same, refusing one more than there may be. @throws EdgeError `instance.too-many`, and what `open` throws */
  over(open: OpenExecutor): OpenExecutor {
    return async (options) => {
      const most = this.#most();
      if (this.#running >= most) {
        const message = `${this.#running} processes of models run, and there may be ${most}`;
        throw agentErrors.error('instance.too-many', message, { facts: { running: this.#running, most } });
      }
      this.#running++;
      let executor: Executor;
      try {
        executor = await open(options);
      } catch (thrown) {
        this.#running--;
        throw thrown;
      }
      void executor.exited.finally(() => this.#running--);
      return executor;
    };
  }
}
