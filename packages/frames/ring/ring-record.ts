import { frameBytes } from '../frame-layout.ts';
import type { FrameLayout } from '../frame-layout.ts';

/** A ring's dimensions when it was made. Sizes are checked against this, never against what lies in the shared memory. */
export interface RingRecord {
  /** Random, new for each ring. */
  readonly ring: string;
  readonly slots: number;
  /** Room for one frame. */
  readonly slotBytes: number;
}

/** A ring whose place is known: only the agent tells it, to whoever leases the ring and to the processes of models. */
export interface PlacedRing extends RingRecord {
  /** Absolute path of its file on tmpfs. */
  readonly path: string;
}

/** A frame of a ring. */
export interface SlotOfRing {
  readonly slot: number;
  readonly sequence: number;
}

/** The first page holds the sequence number of each slot, 8 bytes little-endian; 0 while a slot is written. */
const RING_HEADER_BYTES = 4096;
export const MAX_SLOTS = 256;
/** One picture in flight, one that waits, one that is written: with fewer, a camera waits for its model. */
export const MIN_SLOTS = 3;

const PAGE_BYTES = 4096;

/** Where the sequence number of a slot lies. */
export function sequenceOffset(slot: number): number {
  return slot * 8;
}

/** Where the pixels of a slot begin: each at its own page. */
export function slotOffset({ slotBytes }: RingRecord, slot: number): number {
  return RING_HEADER_BYTES + slot * pagesOf(slotBytes);
}

/** Size of a ring's file. */
export function ringBytes({ slots, slotBytes }: Pick<RingRecord, 'slots' | 'slotBytes'>): number {
  return RING_HEADER_BYTES + slots * pagesOf(slotBytes);
}

/** Whether a frame of this layout lies in a slot of the ring. */
export function fitsRing(record: RingRecord, slot: number, layout: FrameLayout): boolean {
  return Number.isSafeInteger(slot) && slot >= 0 && slot < record.slots && frameBytes(layout) <= record.slotBytes;
}

function pagesOf(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}
