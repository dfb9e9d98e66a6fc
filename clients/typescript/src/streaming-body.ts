/** Bytes that are read once, from the beginning to the end. */
export class StreamingBody {
  readonly #content: Uint8Array;
  #at = 0;
  #closed = false;

  constructor(content: Uint8Array) {
    this.#content = content;
  }

  /** The next `amt` bytes, or all that are left; empty at the end. Throws after `close`. */
  read(amt?: number): Uint8Array {
    if (this.#closed) throw new Error('the body is closed');
    const end = amt === undefined || amt < 0 ? this.#content.length : Math.min(this.#at + amt, this.#content.length);
    const chunk = this.#content.subarray(this.#at, end);
    this.#at = end;
    return chunk;
  }

  /** All that is left, as text. */
  text(): string {
    return Buffer.from(this.read()).toString('utf8');
  }

  close(): void {
    this.#closed = true;
  }
}
