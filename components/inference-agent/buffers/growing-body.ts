import type { BufferPool } from './buffer-pool.ts';

const FIRST_BYTES = 256 * 1024;
const MAX_FIRST_BYTES = 1024 * 1024;

/** A body that comes piece by piece, in memory of a pool. An announced body may never come: the memory grows with the bytes that do. */
export class GrowingBody {
  readonly #buffers: BufferPool;
  #memory: Uint8Array<ArrayBuffer>;
  #filled = 0;

  constructor(buffers: BufferPool, announcedBytes: number | undefined) {
    this.#buffers = buffers;
    this.#memory = buffers.take(Math.min(announcedBytes ?? FIRST_BYTES, MAX_FIRST_BYTES));
  }

  add(piece: Uint8Array): void {
    if (this.#filled + piece.length > this.#memory.length) this.#grow(piece.length);
    this.#memory.set(piece, this.#filled);
    this.#filled += piece.length;
  }

  /** The bytes so far; their taker gives the memory back. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(0, this.#filled);
  }

  /** Nobody takes it. */
  giveBack(): void {
    this.#buffers.give(this.#memory.buffer);
  }

  #grow(more: number): void {
    const larger = this.#buffers.take(Math.max(2 * this.#memory.length, this.#filled + more));
    larger.set(this.#memory.subarray(0, this.#filled));
    this.#buffers.give(this.#memory.buffer);
    this.#memory = larger;
  }
}
