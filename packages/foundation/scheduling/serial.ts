/** Runs one task after the other, in order of asking. A failed task does not stop the next. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();
  #open = 0;

  /** Whether a task runs or waits. */
  get isBusy(): boolean {
    return this.#open > 0;
  }

  run<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#open++;
    const result = this.#last.then(async () => {
      try {
        return await task();
      } finally {
        this.#open--;
      }
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves when all tasks that were asked for until now have ended, well or not. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
