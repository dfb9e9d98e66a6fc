import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '#packages/foundation';
import { frameErrors } from '../errors.ts';
import { checkLayout } from '../check-layout.ts';
import type { FrameReference } from '../frame-reference.ts';
import { fitsRing, MIN_SLOTS, ringBytes } from './ring-record.ts';
import type { PlacedFrame } from './placed-frame.ts';
import type { PlacedRing } from './ring-record.ts';

export interface RingRequest {
  /** Room for one frame. */
  readonly slotBytes: number;
  /** Slots that are of use; fewer are given if memory is short, but not below `MIN_SLOTS`. */
  readonly slots: number;
}

/** A ring that somebody has leased. */
export interface RingLease {
  readonly ring: PlacedRing;
  /** Takes the ring away. Idempotent. */
  end(): void;
}

export interface RingStoreOptions {
  /** The agent's own folder on tmpfs. */
  readonly folder: string;
  /** Bytes that all rings may take together, of which they have taken so many; asked for each, since the setting may change. */
  readonly budget: (ringBytes: number) => number;
}

/** The rings that the agent has made. */
export class RingStore {
  readonly #options: RingStoreOptions;
  readonly #rings = new Map<string, PlacedRing>();
  #bytes = 0;

  constructor(options: RingStoreOptions) {
    this.#options = options;
  }

  /** Bytes of all rings. */
  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#rings.size;
  }

  /** @throws EdgeError `frames.memory-full` */
  async lease(request: RingRequest): Promise<RingLease> {
    const { slotBytes } = request;
    const freeBytes = this.#options.budget(this.#bytes) - this.#bytes;
    const slots = depth(request, freeBytes);
    if (slots === undefined) throw memoryFull(ringBytes({ slotBytes, slots: MIN_SLOTS }), freeBytes);
    const ring = randomBytes(16).toString('hex');
    const placed: PlacedRing = { ring, path: join(this.#options.folder, ring), slots, slotBytes };
    const bytes = ringBytes(placed);
    // Taken before it is written, so that two that ask at once do not both get the last bytes.
    this.#bytes += bytes;
    try {
      await writeZeros(placed.path, bytes);
    } catch (cause) {
      this.#bytes -= bytes;
      rmSync(placed.path, { force: true });
      throw memoryFull(bytes, freeBytes, cause);
    }
    this.#rings.set(ring, placed);
    return { ring: placed, end: () => this.#end(placed, bytes) };
  }

  /**
   * The frame that a request names, if it can lie in its ring.
   * @throws EdgeError `frames.stale` if there is no such ring, `frames.reference-invalid`
   */
  find(reference: FrameReference): PlacedFrame {
    const { ring: id, slot, sequence, takenAt: _, ...layout } = reference;
    const ring = this.#rings.get(id);
    if (!ring) {
      const message = `there is no ring ${id}: its lease has ended, or the agent has started since`;
      throw frameErrors.error('frames.stale', message, { facts: { ring: id, slot, sequence } });
    }
    checkLayout(layout);
    if (fitsRing(ring, slot, layout)) return { ring, slot, sequence, layout };
    const message = `a frame of ${layout.width}×${layout.height} in slot ${slot} does not fit ring ${id}, which has ${ring.slots} slots of ${ring.slotBytes} bytes`;
    throw frameErrors.error('frames.reference-invalid', message, { facts: { ring: id } });
  }

  #end(ring: PlacedRing, bytes: number): void {
    if (!this.#rings.delete(ring.ring)) return;
    this.#bytes -= bytes;
    rmSync(ring.path, { force: true });
  }
}

/** Undefined if not even the fewest fit. */
function depth({ slotBytes, slots }: RingRequest, freeBytes: number): number | undefined {
  for (let count = Math.max(MIN_SLOTS, slots); count >= MIN_SLOTS; count--) {
    if (ringBytes({ slotBytes, slots: count }) <= freeBytes) return count;
  }
  return undefined;
}

const CHUNK = Buffer.alloc(1024 * 1024);

/** Takes every page now: a tmpfs that is full says so here, and not by a signal to whoever writes a frame. */
async function writeZeros(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    for (let at = 0; at < bytes; at += CHUNK.length) await writeAll(file, Math.min(CHUNK.length, bytes - at), at);
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: number, at: number): Promise<void> {
  const { bytesWritten } = await file.write(CHUNK, 0, bytes, at);
  if (bytesWritten !== bytes) throw new Error(`only ${bytesWritten} of ${bytes} bytes could be written`);
}

function memoryFull(bytes: number, freeBytes: number, cause?: unknown): Error {
  const megabytes = (value: number): string => (Math.max(0, value) / 1e6).toFixed(1);
  const why = cause === undefined ? '' : ` (${messageOf(cause)})`;
  const message = `a ring of ${megabytes(bytes)} MB does not fit: ${megabytes(freeBytes)} MB are left of FrameMemoryMB${why}`;
  return frameErrors.error('frames.memory-full', message, { facts: { bytes, freeBytes }, ...(cause ? { cause } : {}) });
}
