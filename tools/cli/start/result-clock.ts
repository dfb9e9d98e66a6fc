/** Waits for the last of a row of results, as long as each comes within a bound of the one before. */
export class ResultClock {
  readonly #timeoutMs: number;
  readonly #late: () => Error;
  readonly #done: Promise<void>;
  #resolve: () => void = () => undefined;
  #reject: (error: Error) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(timeoutMs: number, late: () => Error) {
    this.#timeoutMs = timeoutMs;
    this.#late = late;
    this.#done = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#done.catch(() => undefined);
  }

  /** A result came; `last` when no more are due. */
  next(last: boolean): void {
    if (last) return this.#finish(() => this.#resolve());
    if (this.#timer) this.#arm();
  }

  /** Resolves after the last result; the bound counts from now on. Rejects with the signal's reason when aborted. */
  async complete(signal: AbortSignal): Promise<void> {
    const abort = (): void => this.#finish(() => this.#reject(signal.reason as Error));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    this.#arm();
    try {
      await this.#done;
    } finally {
      signal.removeEventListener('abort', abort);
      this.close();
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#reject(this.#late()), this.#timeoutMs);
  }

  #finish(then: () => void): void {
    this.close();
    then();
  }
}
