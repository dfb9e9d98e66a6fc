import { closeSync, fstatSync, openSync, rmSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import { messageOf } from '#packages/foundation';
import { mapFile, removeOrphan } from '#packages/posix';
import type { Mapping } from '#packages/posix';
import { frameErrors } from '../errors.ts';
import { ringBytes, slotOffset } from './ring-record.ts';
import type { PlacedRing } from './ring-record.ts';

/**
 * The application's side of a ring, of which it is the only writer. Its bytes are there since the ring was made, and nobody but the
 * two that may write the folder could take them away.
 */
export class RingWriter {
  readonly ring: PlacedRing;
  readonly #mapping: Mapping;
  readonly #sequences: BigInt64Array;
  #sequence = 0;

  /** @throws EdgeError `frames.unavailable` if this user cannot open it or this system cannot map it */
  static open(ring: PlacedRing): RingWriter {
    try {
      const fd = openSync(ring.path, constants.O_RDWR | constants.O_NOFOLLOW);
      try {
        const bytes = ringBytes(ring);
        const { size } = fstatSync(fd);
        if (size !== bytes) throw new Error(`it has ${size} bytes, not ${bytes}`);
        return new RingWriter(ring, mapFile(fd, bytes));
      } finally {
        closeSync(fd);
      }
    } catch (cause) {
      const reason = messageOf(cause);
      throw frameErrors.error('frames.unavailable', `the ring ${ring.path} cannot be written: ${reason}`, {
        cause,
        facts: {},
      });
    }
  }

  private constructor(ring: PlacedRing, mapping: Mapping) {
    this.ring = ring;
    this.#mapping = mapping;
    this.#sequences = new BigInt64Array(mapping.buffer, 0, ring.slots);
  }

  /** The memory of a slot, to be read and, between `begin` and `publish`, written. */
  bytes(slot: number): Buffer {
    return Buffer.from(this.#mapping.buffer, slotOffset(this.ring, slot), this.ring.slotBytes);
  }

  /** From here on, what was in the slot is stale. */
  begin(slot: number): void {
    Atomics.store(this.#sequences, slot, 0n);
  }

  /** The frame is whole. @returns its sequence number, which no other frame of the ring has */
  publish(slot: number): number {
    Atomics.store(this.#sequences, slot, BigInt(++this.#sequence));
    return this.#sequence;
  }

  /**
   * Takes away what an agent that was killed has left: the ring, whose memory goes with the last who uses it, and the folder.
   * @param now milliseconds since the epoch
   * @returns whether nothing is left
   */
  removeOrphan(now: number): boolean {
    rmSync(this.ring.path, { force: true });
    return removeOrphan(dirname(this.ring.path), now);
  }

  /** Lets go of the memory; views that somebody holds stay safe and show zeros. Idempotent. */
  close(): void {
    this.#mapping.release();
  }
}
