import type { Worker } from 'node:worker_threads';
import type { Clock } from '#packages/foundation';

/**
 * The threads of this process. Nobody can end a thread that is inside native code: `terminate` and even `process.exit` make
 * ONNX Runtime's binding abort the process. Before the process exits, it must know that all threads have ended.
 */
export class ThreadRegister {
  readonly #workers = new Set<Worker>();
  readonly #waiting = new Set<() => void>();

  add(worker: Worker): void {
    this.#workers.add(worker);
    worker.once('exit', () => {
      this.#workers.delete(worker);
      if (this.#workers.size === 0) for (const resolve of this.#waiting) resolve();
    });
  }

  get count(): number {
    return this.#workers.size;
  }

  /** Whether all threads have ended, after waiting for it. */
  async ended(clock: Clock, timeoutMs: number): Promise<boolean> {
    if (this.#workers.size > 0) {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          cancel();
          this.#waiting.delete(done);
          resolve();
        };
        const cancel = clock.after(timeoutMs, done);
        this.#waiting.add(done);
      });
    }
    return this.#workers.size === 0;
  }
}
