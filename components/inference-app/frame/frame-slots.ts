import { FRAME_BODY_HEADER, frameBytes, RingWriter, writeFrameBodyHeader } from '#packages/frames';
import type { FrameLayout, RawFrame } from '#packages/frames';
import type { Clock } from '#packages/foundation';
import type { HeldLease } from '#packages/http';
import type { FrameRequest, HeldFrame } from './held-frame.ts';

/** Memory in which the frames of one stream lie. */
export interface SlotMemory {
  readonly slots: number;
  /** Whether the models read from it. */
  readonly isShared: boolean;
  /** The pixels of a slot. */
  bytes(slot: number): Buffer;
  /** The frame in the slot is gone from now on. */
  begin(slot: number): void;
  /** The slot holds a whole frame: what the agent is asked about. */
  publish(slot: number, takenAt: number): FrameRequest;
  /** Whether other memory is to be asked for. */
  readonly isGone: boolean;
  close(): void;
}

/** Slots of one stream: one is written, the others are held or free. */
export class FrameSlots {
  readonly layout: FrameLayout;
  /** The width at which frames would have fit shared memory; undefined if they do, or if no smaller one would. */
  readonly fitWidth: number | undefined;
  readonly #memory: SlotMemory;
  readonly #holders: number[];
  readonly #freed = new Set<() => void>();
  #retired = false;

  constructor(layout: FrameLayout, memory: SlotMemory, fitWidth?: number) {
    this.layout = layout;
    this.fitWidth = fitWidth;
    this.#memory = memory;
    this.#holders = Array.from({ length: memory.slots }, () => 0);
  }

  get isGone(): boolean {
    return this.#memory.isGone;
  }

  get isShared(): boolean {
    return this.#memory.isShared;
  }

  /** Of all slots. */
  get bytes(): number {
    return this.#memory.slots * frameBytes(this.layout);
  }

  /** A slot to write a frame into; undefined while all are held. It is the caller's until it is published or given back. */
  take(): OpenSlot | undefined {
    const slot = this.#holders.indexOf(0);
    if (slot < 0) return undefined;
    this.#holders[slot] = 1;
    const bytes = this.#memory.bytes(slot).subarray(0, frameBytes(this.layout));
    this.#memory.begin(slot);
    const frame = { ...this.layout, data: bytes };
    return {
      bytes,
      frame,
      publish: (takenAt) => this.#held(slot, frame, this.#memory.publish(slot, takenAt)),
      giveBack: () => this.#release(slot),
    };
  }

  /** Resolves when a slot has been given back. */
  freed(): Promise<void> {
    return new Promise((resolve) => this.#freed.add(resolve));
  }

  /** Lets go of the memory once nobody holds any of it: a picture may still be made of a frame when its stream has ended. */
  retire(): void {
    this.#retired = true;
    this.#closeIfUnused();
  }

  #held(slot: number, frame: RawFrame, request: FrameRequest): HeldFrame {
    return {
      frame,
      request,
      hold: (times = 1) => void (this.#holders[slot]! += times),
      release: () => this.#release(slot),
    };
  }

  #release(slot: number): void {
    if (--this.#holders[slot]! > 0) return;
    for (const resolve of this.#freed) resolve();
    this.#freed.clear();
    this.#closeIfUnused();
  }

  #closeIfUnused(): void {
    if (this.#retired && this.#holders.every((count) => count === 0)) this.#memory.close();
  }
}

export interface OpenSlot {
  /** As long as a frame. */
  readonly bytes: Buffer;
  /** The same, as pixels. */
  readonly frame: RawFrame;
  /** The frame is whole; whoever publishes holds it, and releases it. */
  publish(takenAt: number): HeldFrame;
  giveBack(): void;
}

/** An agent that is killed closes its files one after the other: its connections may end a while before it gives up its lock. */
const FIRST_REMOVAL_MS = 50;
const LAST_REMOVAL_MS = 10_000;

/** Slots in a ring that the models read from. */
export class RingMemory implements SlotMemory {
  readonly isShared = true;
  readonly slots: number;
  readonly #lease: HeldLease;
  readonly #layout: FrameLayout;
  readonly #writer: RingWriter;
  readonly #clock: Clock;
  #gone = false;

  /** @throws EdgeError `frames.unavailable` */
  constructor(lease: HeldLease, layout: FrameLayout, clock: Clock) {
    this.#lease = lease;
    this.#layout = layout;
    this.#clock = clock;
    this.#writer = RingWriter.open(lease.ring);
    this.slots = lease.ring.slots;
    void lease.ended.then(() => {
      this.#gone = true;
      this.#removeOrphan(FIRST_REMOVAL_MS);
    });
  }

  get isGone(): boolean {
    return this.#gone;
  }

  bytes(slot: number): Buffer {
    return this.#writer.bytes(slot);
  }

  begin(slot: number): void {
    this.#writer.begin(slot);
  }

  publish(slot: number, takenAt: number): FrameRequest {
    const sequence = this.#writer.publish(slot);
    const { ring } = this.#lease.ring;
    return { by: 'reference', reference: { ...this.#layout, ring, slot, sequence, takenAt } };
  }

  close(): void {
    this.#lease.end();
    this.#writer.close();
  }

  #removeOrphan(nextMs: number): void {
    if (this.#writer.removeOrphan(this.#clock.now()) || nextMs > LAST_REMOVAL_MS) return;
    this.#clock.after(nextMs, () => this.#removeOrphan(2 * nextMs));
  }
}

/** Slots in memory of this process, for devices without a ring: frames go as bodies of requests. */
export class OwnMemory implements SlotMemory {
  readonly isShared = false;
  readonly slots: number;
  /** Made with the first frame of each slot: the caller may find them too large, and use none. */
  readonly #bodies: Buffer[] = [];
  readonly #layout: FrameLayout;
  readonly #isOver: () => boolean;

  /** @param isOver whether a ring is to be asked for again. Default: never */
  constructor(layout: FrameLayout, slots: number, isOver: () => boolean = () => false) {
    this.slots = slots;
    this.#isOver = isOver;
    this.#layout = layout;
  }

  get isGone(): boolean {
    return this.#isOver();
  }

  bytes(slot: number): Buffer {
    return this.#body(slot).subarray(FRAME_BODY_HEADER);
  }

  begin(): void {
    // Nobody else sees it.
  }

  publish(slot: number): FrameRequest {
    return { by: 'body', body: this.#body(slot) };
  }

  #body(slot: number): Buffer {
    const made = this.#bodies[slot];
    if (made) return made;
    const body = Buffer.alloc(FRAME_BODY_HEADER + frameBytes(this.#layout));
    writeFrameBodyHeader(body, this.#layout);
    return (this.#bodies[slot] = body);
  }

  close(): void {
    // Collected with its last frame.
  }
}
