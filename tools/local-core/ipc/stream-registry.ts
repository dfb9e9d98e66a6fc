import type { EventStream } from './event-stream.ts';

/** Open streams of one kind of subscription, by component. */
export class StreamRegistry {
  readonly #streams = new Map<string, Set<EventStream>>();

  add(component: string, stream: EventStream): void {
    const streams = this.#streams.get(component) ?? new Set();
    this.#streams.set(component, streams.add(stream));
    stream.onClose(() => {
      streams.delete(stream);
      if (streams.size === 0 && this.#streams.get(component) === streams) this.#streams.delete(component);
    });
  }

  has(component: string): boolean {
    return this.#streams.has(component);
  }

  get components(): readonly string[] {
    return [...this.#streams.keys()];
  }

  send(component: string, event: object): void {
    for (const stream of this.#streams.get(component) ?? []) stream.send(event);
  }
}
