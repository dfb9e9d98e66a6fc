/** Delivers items to one receiver in order, off the caller's stack; a failing item does not stop the next. */
export class DeliveryQueue<Item> {
  readonly #deliver: (item: Item) => void | Promise<void>;
  readonly #onError: (error: unknown) => void;
  #items: Item[] = [];
  #draining = false;
  #closed = false;

  constructor(deliver: (item: Item) => void | Promise<void>, onError: (error: unknown) => void) {
    this.#deliver = deliver;
    this.#onError = onError;
  }

  push(item: Item): void {
    if (this.#closed) return;
    this.#items.push(item);
    if (this.#draining) return;
    this.#draining = true;
    queueMicrotask(() => void this.#drain());
  }

  close(): void {
    this.#closed = true;
    this.#items = [];
  }

  async #drain(): Promise<void> {
    while (this.#items.length > 0) {
      const batch = this.#items;
      this.#items = [];
      for (const item of batch) {
        if (this.#closed) break;
        try {
          const pending = this.#deliver(item);
          if (pending) await pending;
        } catch (error) {
          this.#onError(error);
        }
      }
    }
    this.#draining = false;
  }
}
