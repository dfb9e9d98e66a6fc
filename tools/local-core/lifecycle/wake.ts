/** Lets one waiter look again whenever something may have changed. */
export class Wake {
  #waiters = new Set<() => void>();

  /** Something may have changed. */
  now(): void {
    for (const look of [...this.#waiters]) look();
  }

  /** Resolves with the first value other than undefined that `look` gives, now or after a wake; never once the signal aborts. */
  until<Value>(look: () => Value | undefined, signal?: AbortSignal): Promise<Value> {
    return new Promise((resolve) => {
      const check = (): void => {
        const value = look();
        if (value === undefined) return;
        this.#waiters.delete(check);
        resolve(value);
      };
      this.#waiters.add(check);
      signal?.addEventListener('abort', () => this.#waiters.delete(check), { once: true });
      check();
    });
  }
}
