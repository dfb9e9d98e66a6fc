import { createSharedRegion } from '#packages/posix';
import type { SharedRegion } from '#packages/posix';

/** Two requests are with an executor at most: one runs, one is prepared. */
const SLOTS = 2;
/** A picture of a camera, or the float tensor of a classifier; what is larger goes over the socket. */
export const SLOT_BYTES = 1024 * 1024;
/** The first page holds the ids of the requests that are at work. */
const HEADER_BYTES = 4096;
export const REGION_BYTES = HEADER_BYTES + SLOTS * SLOT_BYTES;

/** The workers in the child: the model itself, and the thread that prepares the next image. */
export const AT_WORK = { runner: 0, preparer: 4 } as const;

/** Where an input lies for the child to read. */
export interface SlotReference {
  readonly slot: number;
  readonly bytes: number;
}

/**
 * Inputs on their way to one process, in memory that both see. The child reads them into memory of its own; it writes nothing here but
 * the ids of the requests that it is about to work on, so that a death has a cause. Nobody else has the descriptor.
 */
export class InputSlots {
  readonly #region: SharedRegion;
  readonly #owners: (number | undefined)[] = Array.from({ length: SLOTS }, () => undefined);

  /** Undefined if this system does not have such memory: then all goes over the socket. */
  static open(name: string): InputSlots | undefined {
    try {
      return new InputSlots(createSharedRegion({ bytes: REGION_BYTES, name }));
    } catch {
      return undefined;
    }
  }

  private constructor(region: SharedRegion) {
    this.#region = region;
  }

  get fd(): number {
    return this.#region.fd;
  }

  /** Undefined if it is too large or no slot is free. */
  put(request: number, parts: readonly Uint8Array[]): SlotReference | undefined {
    const slot = this.#owners.indexOf(undefined);
    const bytes = parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (slot < 0 || bytes > SLOT_BYTES) return undefined;
    this.#owners[slot] = request;
    let offset = slotOffset(slot);
    for (const part of parts) {
      this.#region.bytes.set(part, offset);
      offset += part.byteLength;
    }
    return { slot, bytes };
  }

  /** The request was answered. */
  release(request: number): void {
    const slot = this.#owners.indexOf(request);
    if (slot >= 0) this.#owners[slot] = undefined;
  }

  /** Ids of the requests that the child was working on. It is the child's word: good enough to blame a request, for nothing else. */
  atWork(): readonly number[] {
    const { bytes } = this.#region;
    return Object.values(AT_WORK).map((offset) => bytes.readUInt32LE(offset));
  }

  close(): void {
    this.#region.close();
  }
}

export function slotOffset(slot: number): number {
  return HEADER_BYTES + slot * SLOT_BYTES;
}
