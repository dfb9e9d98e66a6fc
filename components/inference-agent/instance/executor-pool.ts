import { isEdgeError, messageOf } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import type { Executor } from './executor.ts';
import type { InstanceFault } from './model-instance.ts';

export interface ExecutorPoolOptions {
  readonly clock: Clock;
  /** How many serve when all is well. */
  readonly workers: number;
  /** Whether one more is loaded, to take the place of the next that is lost. */
  readonly spare: boolean;
  /** Aborted when the instance closes. */
  readonly closing: AbortSignal;
  /**
   * Starts one in the place of one that was lost, or as the spare.
   * @param inBackground whether what serves comes first until it is loaded
   */
  startAnother(inBackground: boolean): Promise<Executor>;
  /** Told of each loss, and of each start that failed. */
  onFault(fault: InstanceFault): void;
  /** Told when more are free without a request having ended: one came back. */
  onFree(): void;
}

/** Delay before the first restart of a lost executor; doubled each time up to the last, until one has answered. */
const FIRST_RESTART_MS = 100;
const LAST_RESTART_MS = 60_000;
const MAX_STUCK = 2;

/** The executors of one instance: those that serve, the spare, and those that come back after a loss. */
export class ExecutorPool {
  readonly #options: ExecutorPoolOptions;
  readonly #serving = new Set<Executor>();
  #spare: Executor | undefined;
  readonly #restarts = new Set<() => void>();
  readonly #starting = new Set<Promise<void>>();
  /** Requests that wait for an executor. */
  readonly #waiting = new Set<() => void>();
  #restartMs = FIRST_RESTART_MS;
  /** Given up, and not ended yet. */
  #stuck = 0;

  constructor(options: ExecutorPoolOptions) {
    this.#options = options;
  }

  /** Requests that all of them would take now. */
  get free(): number {
    let free = 0;
    for (const executor of this.#serving) free += executor.free;
    return free;
  }

  /** RAM of all of them, the spare too, in bytes; undefined if none tells. */
  get memoryBytes(): number | undefined {
    const all = [...this.#serving, ...(this.#spare ? [this.#spare] : [])];
    const told = all.flatMap(({ memoryBytes }) => memoryBytes ?? []);
    return told.length === 0 ? undefined : told.reduce((sum, bytes) => sum + bytes, 0);
  }

  get spare(): 'ready' | 'loading' | undefined {
    if (!this.#options.spare) return undefined;
    return this.#spare ? 'ready' : 'loading';
  }

  /** An idle executor before one that would only prepare the image for now. */
  freest(): Executor | undefined {
    let freest: Executor | undefined;
    for (const executor of this.#serving) if (executor.free > (freest?.free ?? 0)) freest = executor;
    return freest;
  }

  /** Waits for one that is free. @throws the reason of `closing` */
  async nextFree(): Promise<Executor> {
    for (;;) {
      const executor = this.freest();
      if (executor) return executor;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
      this.#options.closing.throwIfAborted();
    }
  }

  /** Puts one to work, or keeps it as the spare if enough serve. */
  add(executor: Executor): void {
    if (this.#isComplete) this.#spare = executor;
    else this.#serving.add(executor);
    void executor.lost.then((error) => {
      const stuck = error.code === 'instance.worker-stuck';
      if (stuck) {
        this.#stuck++;
        void executor.exited.then(() => this.#stuck--);
      }
      this.#drop(executor);
      this.#options.onFault({
        reason: stuck ? 'stuck' : isKilled(error) ? 'killed' : 'crashed',
        message: error.message,
      });
      this.#restartLater();
    });
    this.freed();
  }

  /** Starts the spare, if the service asks for one; it serves without. */
  fillUp(): void {
    if (this.#options.spare) this.#start();
  }

  /** An answer came: the next loss is the first again. */
  answered(): void {
    this.#restartMs = FIRST_RESTART_MS;
  }

  /** A request has ended. */
  freed(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  /** After `closing` was aborted. Idempotent. */
  async close(): Promise<void> {
    for (const cancel of this.#restarts) cancel();
    const all = this.#spare ? [...this.#serving, this.#spare] : [...this.#serving];
    this.#spare = undefined;
    await Promise.all([...all.map((executor) => executor.close()), ...this.#starting]);
    this.#serving.clear();
    this.freed();
  }

  get #isComplete(): boolean {
    return this.#serving.size >= this.#options.workers;
  }

  #drop(executor: Executor): void {
    if (this.#spare === executor) this.#spare = undefined;
    this.#serving.delete(executor);
    if (!this.#spare || this.#isComplete) return;
    this.#serving.add(this.#spare);
    this.#spare = undefined;
    this.#cameBack();
  }

  #restartLater(): void {
    const { clock, closing } = this.#options;
    if (closing.aborted) return;
    const cancel = clock.after(this.#restartMs, () => {
      this.#restarts.delete(cancel);
      this.#start();
    });
    this.#restarts.add(cancel);
    this.#restartMs = Math.min(2 * this.#restartMs, LAST_RESTART_MS);
  }

  #start(): void {
    const work = this.#tryToStart().finally(() => this.#starting.delete(work));
    this.#starting.add(work);
  }

  async #tryToStart(): Promise<void> {
    try {
      // Each holds its memory and a core until it comes back.
      if (this.#stuck > MAX_STUCK)
        throw new Error(`${this.#stuck} workers are stuck; no more are started before one comes back`);
      await this.#options.startAnother(this.#isComplete);
    } catch (thrown) {
      if (this.#options.closing.aborted) return;
      this.#options.onFault({ reason: isKilled(thrown) ? 'killed' : 'restart-failed', message: messageOf(thrown) });
      this.#restartLater();
      return;
    }
    this.#cameBack();
  }

  #cameBack(): void {
    this.freed();
    this.#options.onFree();
  }
}

function isKilled(thrown: unknown): boolean {
  return isEdgeError(thrown) && thrown.code === 'instance.worker-killed';
}
