import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Buffers that may lie about before they are collected. */
const GARBAGE_BYTES = 16_000_000;

/**
 * Keeps dead buffers from piling up. V8 begins to collect by the size of its own heap, of which a buffer is a few bytes:
 * left alone it lets 100 MB of dead samples lie. A collection of this component's small heap takes about 10 ms.
 */
export class BufferRelief {
  readonly #collect: () => void;
  #dead = 0;

  /** @param collect takes the garbage away. Default: V8's full collection. */
  constructor(collect: () => void = garbageCollector()) {
    this.#collect = collect;
  }

  /** So many bytes of buffers are not needed any more. */
  dropped(bytes: number): void {
    this.#dead += bytes;
    if (this.#dead < GARBAGE_BYTES) return;
    this.#dead = 0;
    // The caller that let go may still have them on its stack.
    setImmediate(this.#collect);
  }
}

/** V8's full collection. */
export function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
