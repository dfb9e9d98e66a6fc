import { closeSync, fstatSync, openSync, readSync, constants } from 'node:fs';
import { frameErrors } from '../errors.ts';
import { frameBytes } from '../frame-layout.ts';
import type { PlacedFrame } from './placed-frame.ts';
import { ringBytes, sequenceOffset, slotOffset } from './ring-record.ts';
import type { PlacedRing, SlotOfRing } from './ring-record.ts';

/**
 * Copies a frame into memory of the reader's own. The ring is opened for each frame, which costs microseconds: nobody who has read
 * from a ring keeps the memory of one that is gone.
 *
 * @param into at least as long as the frame
 * @throws EdgeError `frames.stale` if the frame was overwritten before or meanwhile, or its ring is gone
 */
export function readFrame({ ring, layout, ...at }: PlacedFrame, into: Uint8Array): void {
  const fd = open(ring, at);
  try {
    const bytes = frameBytes(layout);
    if (fstatSync(fd).size !== ringBytes(ring)) throw stale(ring, at, 'the ring is not as it was made');
    if (sequenceOf(fd, at.slot) !== at.sequence) throw stale(ring, at, 'it was overwritten before it was read');
    const read = readSync(fd, into, 0, bytes, slotOffset(ring, at.slot));
    if (read !== bytes) throw stale(ring, at, `only ${read} of ${bytes} bytes are there`);
    if (sequenceOf(fd, at.slot) !== at.sequence) throw stale(ring, at, 'it was overwritten while it was read');
  } finally {
    closeSync(fd);
  }
}

function open(ring: PlacedRing, at: SlotOfRing): number {
  try {
    return openSync(ring.path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw stale(ring, at, 'its ring is gone', cause);
    throw cause;
  }
}

const word = Buffer.alloc(8);

function sequenceOf(fd: number, slot: number): number {
  readSync(fd, word, 0, 8, sequenceOffset(slot));
  return Number(word.readBigUInt64LE());
}

function stale({ ring }: PlacedRing, { slot, sequence }: SlotOfRing, why: string, cause?: unknown): Error {
  const message = `frame ${sequence} in slot ${slot} of ring ${ring} is gone: ${why}`;
  return frameErrors.error('frames.stale', message, { facts: { ring, slot, sequence }, ...(cause ? { cause } : {}) });
}
