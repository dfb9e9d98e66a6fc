import { readSync, writeSync } from 'node:fs';
import { REGION_BYTES, SLOT_BYTES, slotOffset } from './input-slots.ts';
import type { AT_WORK, SlotReference } from './input-slots.ts';

/**
 * The child's side of `InputSlots`. It reads by `pread` into memory of its own: what it works on cannot change under it, and needs no
 * mapping, in no thread.
 */
export class SlotReader {
  readonly #fd: number;
  readonly #memory = new Map<number, Buffer<ArrayBuffer>>();
  readonly #word = Buffer.alloc(4);

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** The input, in memory that is used again for the slot's next one. */
  read({ slot, bytes }: SlotReference): Uint8Array<ArrayBuffer> {
    if (slotOffset(slot) + bytes > REGION_BYTES || bytes > SLOT_BYTES)
      throw new Error(`no slot ${slot} of ${bytes} bytes`);
    let memory = this.#memory.get(slot);
    if (!memory || memory.length < bytes) {
      memory = Buffer.allocUnsafeSlow(Math.min(SLOT_BYTES, 2 * bytes));
      this.#memory.set(slot, memory);
    }
    const read = readSync(this.#fd, memory, 0, bytes, slotOffset(slot));
    if (read !== bytes) throw new Error(`only ${read} of ${bytes} bytes are in slot ${slot}`);
    return memory.subarray(0, bytes);
  }

  /** Says which request is about to be worked on; 0 for none. */
  mark(who: (typeof AT_WORK)[keyof typeof AT_WORK], request: number): void {
    this.#word.writeUInt32LE(request);
    writeSync(this.#fd, this.#word, 0, 4, who);
  }
}
