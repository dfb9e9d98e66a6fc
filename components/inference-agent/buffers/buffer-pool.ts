/**
 * Memory for images that goes to a worker with the request and comes back with the answer. Fresh memory for each request would
 * be cheap to get, but V8 collects the whole heap again and again for megabytes that lie outside of it: measured, half a
 * millisecond for each photo of 200 kB.
 */
export class BufferPool {
  /** Last in, first out: what was used last is still in the cache. */
  readonly #free: ArrayBuffer[] = [];
  #freeBytes = 0;

  /** Memory of its own for at least so many bytes; what is in it is left over from another image. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const index = this.#free.findLastIndex(({ byteLength }) => byteLength >= bytes && byteLength <= ROOMY * bytes);
    const [found] = index < 0 ? [] : this.#free.splice(index, 1);
    if (!found) return new Uint8Array(fresh(bytes), 0, bytes);
    this.#freeBytes -= found.byteLength;
    return new Uint8Array(found, 0, bytes);
  }

  /** Gives memory back for the next request. Memory that was moved away (empty) or is too large to keep is dropped. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength < STEP_BYTES || this.#freeBytes + buffer.byteLength > MAX_FREE_BYTES) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.byteLength;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }
}

/** Sizes are multiples of this, so that images of nearly the same size share memory. */
const STEP_BYTES = 64 * 1024;
/** A small image does not take the place of one more than so many times larger. */
const ROOMY = 4;
const MAX_FREE_BYTES = 8 * 1024 * 1024;

/** Not from Node's shared pool, which cannot be moved, and not set to zero first. */
function fresh(bytes: number): ArrayBuffer {
  const size = Math.max(1, Math.ceil(bytes / STEP_BYTES)) * STEP_BYTES;
  return Buffer.allocUnsafeSlow(size).buffer;
}
