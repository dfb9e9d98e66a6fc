/** Collects events for a test, which can await the first n. */
export class Inbox<Event> {
  readonly events: Event[] = [];
  #waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  readonly push = (event: Event): void => {
    this.events.push(event);
    this.#waiting = this.#waiting.filter(({ count, resolve }) => {
      if (this.events.length < count) return true;
      resolve();
      return false;
    });
  };

  /** Resolves with the first `count` events. */
  async take(count: number): Promise<readonly Event[]> {
    if (this.events.length < count) {
      await new Promise<void>((resolve) => this.#waiting.push({ count, resolve }));
    }
    return this.events.slice(0, count);
  }
}
