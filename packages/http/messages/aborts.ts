/** Listens once to a signal for all that is done under it: to add a listener to a signal costs as much as a message. */
export class Aborts {
  readonly #waiting = new WeakMap<AbortSignal, Set<() => void>>();

  /** @returns a function that takes the listener back */
  on(signal: AbortSignal, listener: () => void): () => void {
    const waiting = this.#waiting.get(signal) ?? this.#listenTo(signal);
    waiting.add(listener);
    return () => void waiting.delete(listener);
  }

  #listenTo(signal: AbortSignal): Set<() => void> {
    const waiting = new Set<() => void>();
    this.#waiting.set(signal, waiting);
    signal.addEventListener('abort', () => [...waiting].forEach((listener) => listener()), { once: true });
    return waiting;
  }
}
