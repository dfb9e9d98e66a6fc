import { closeSync } from 'node:fs';

import { posixErrors } from '../errors.ts';
import type { Mapping } from './mapping.ts';

/** Memory that other processes see too, of a size that nobody can change. */
export class SharedRegion {
  readonly byteLength: number;
  readonly #fd: number;
  #mapping: Mapping | undefined;
  #bytes: Buffer | undefined;

  /** The region owns the descriptor from now on. */
  constructor(fd: number, mapping: Mapping) {
    this.#fd = fd;
    this.#mapping = mapping;
    this.#bytes = Buffer.from(mapping.buffer);
    this.byteLength = this.#bytes.byteLength;
  }

  /**
   * To be handed on: as an element of `stdio` in `child_process.spawn`, which makes it the child's descriptor of that index.
   * No other child inherits it.
   * @throws EdgeError `shared-region.closed`
   */
  get fd(): number {
    this.#open();
    return this.#fd;
  }

  /**
   * The memory itself. In a region that was opened `read-only`, a write ends the process by SIGSEGV.
   * @throws EdgeError `shared-region.closed`
   */
  get bytes(): Buffer {
    return this.#open();
  }

  /**
   * Lets go of the memory and the descriptor, once. A view that somebody still holds stays safe: it shows zeros, and what is
   * written to it reaches nobody. The memory is free when every process has closed it or ended.
   */
  close(): void {
    if (!this.#mapping) return;
    this.#mapping.release();
    this.#mapping = undefined;
    this.#bytes = undefined;
    closeSync(this.#fd);
  }

  #open(): Buffer {
    if (this.#bytes) return this.#bytes;
    throw posixErrors.error('shared-region.closed', `the shared region of ${this.byteLength} bytes is closed`);
  }
}
