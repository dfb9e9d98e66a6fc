import type { EventStream } from './event-stream.ts';

/** One request's stream on a connection. Events wait for the response; after `close` nothing leaves any more. */
export class Stream implements EventStream {
  readonly id: number;
  readonly #emit: (event: object | Uint8Array) => void;
  #state: 'waiting' | 'open' | 'closed' = 'waiting';
  #early: (object | Uint8Array)[] = [];
  #closeListeners: (() => void)[] = [];

  constructor(id: number, emit: (event: object | Uint8Array) => void) {
    this.id = id;
    this.#emit = emit;
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  send(event: object | Uint8Array): void {
    if (this.#state === 'open') this.#emit(event);
    else if (this.#state === 'waiting') this.#early.push(event);
  }

  onClose(listener: () => void): void {
    if (this.closed) listener();
    else this.#closeListeners.push(listener);
  }

  /** To be called when the response has been sent. */
  open(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'open';
    for (const event of this.#early.splice(0)) this.#emit(event);
  }

  close(): void {
    if (this.closed) return;
    this.#state = 'closed';
    this.#early = [];
    for (const listener of this.#closeListeners.splice(0)) listener();
  }
}
