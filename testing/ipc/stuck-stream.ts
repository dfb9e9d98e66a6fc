import { EventEmitter } from 'node:events';

/** A stream of the SDK whose closing never ends, as happens when the nucleus has ended the stream just before. */
export class StuckStream extends EventEmitter {
  readonly #refusal: Error | undefined;

  constructor(refusal?: Error) {
    super();
    this.#refusal = refusal;
  }

  /** As in eventstream_rpc.js. */
  async activate(): Promise<void> {
    if (this.#refusal === undefined) return;
    await this.close();
    throw this.#refusal;
  }

  close(): Promise<void> {
    return new Promise(() => undefined);
  }
}
