/** Counts requests that are being handled, and refuses more than a limit. */
export class RequestGate {
  #running = 0;

  get running(): number {
    return this.#running;
  }

  /** @returns what ends the request; undefined if the limit is reached */
  enter(limit: number | undefined): (() => void) | undefined {
    if (limit !== undefined && this.#running >= limit) return undefined;
    this.#running++;
    let left = false;
    return () => {
      if (!left) this.#running--;
      left = true;
    };
  }
}
