import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { FrameLayout, RawFrame } from '#packages/frames';
import { createPipe } from '#packages/posix';
import type { FrameSlots, OpenSlot } from '../../frame/frame-slots.ts';
import type { HeldFrame } from '../../frame/held-frame.ts';
import type { FrameMask } from '../../masks/frame-mask.ts';
import type { FrameMemoryState } from '../../statistics/source-statistics.ts';
import type { FrameOutput, OutputEvents } from './play-command.ts';
import type { FfmpegReport } from './ffmpeg-report.ts';

export interface RawFramesOptions {
  /** Memory for frames of this layout; asked again when the memory is gone. */
  readonly openSlots: (layout: FrameLayout) => Promise<FrameSlots>;
  /** A listener holds a frame if it needs it to last. */
  readonly onFrame: (frame: HeldFrame) => void;
  /** A frame came while all memory was held by those before it. */
  readonly onNoRoom: () => void;
  /** How the frames lie. Default: ffmpeg says so. */
  readonly layout?: FrameLayout;
  /** Hides parts of each frame before anything else is done with it. */
  readonly mask?: FrameMask | undefined;
  /** Whether a frame is one to look at, before any memory is spent on it; it may change once this has returned. */
  readonly isWanted: (frame: RawFrame) => boolean;
  /** Whether the command waits for memory, in place of frames being dropped. */
  readonly isPatient: boolean;
  /** Whether ffmpeg is to continue with a video of this codec; else it is `unfit`. */
  readonly suits: (codec: string) => boolean;
  /** Whether the command is to be started again if pictures have another size from now on; else it makes them as large as those before. */
  readonly followsSize: boolean;
  /** There is shared memory for frames of this width at most: whether the command is started again to make them so. */
  readonly onTooLarge?: ((fitWidth: number) => boolean) | undefined;
  /** Told of the memory that frames lie in, and of `undefined` at the end. */
  readonly onMemory?: ((memory: FrameMemoryState | undefined) => void) | undefined;
  readonly now: () => number;
}

/** Raw frames, read from a pipe right into the memory that the models read from. */
export class RawFrames implements FrameOutput {
  readonly #options: RawFramesOptions;
  readonly #pipe: { readEnd: number | undefined; writeEnd: number | undefined };
  #events: OutputEvents | undefined;
  #input: Readable | undefined;
  #layout: FrameLayout | undefined;
  /** Size and format of the pictures before ffmpeg converts them. */
  #picture: string | undefined;
  #slots: FrameSlots | undefined;
  #slot: OpenSlot | undefined;
  #at = 0;
  /** Bytes that came before there was room for them. */
  #left = NOTHING;
  #stopped = false;
  #finished: () => void = () => undefined;
  readonly #done = new Promise<void>((resolve) => (this.#finished = resolve));

  constructor(options: RawFramesOptions) {
    this.#options = options;
    this.#pipe = pipeIfPossible();
  }

  get descriptor(): number | undefined {
    return this.#pipe.writeEnd;
  }

  start(events: OutputEvents, stdout: Readable | undefined): void {
    this.#events = events;
    this.#input = stdout;
    stdout?.pause();
    close(this.#pipe, 'writeEnd');
    if (this.#options.layout) this.#begin(this.#options.layout);
  }

  reported({ codec, layout, picture }: FfmpegReport): void {
    if (this.#stopped) return;
    this.#picture ??= picture;
    if (this.#options.followsSize && picture !== this.#picture) return this.#events?.onResized();
    if (this.#layout) return;
    if (codec !== undefined && !this.#options.suits(codec)) return this.#events?.onUnfit();
    if (layout) this.#begin(layout);
  }

  stop(): void {
    this.#stopped = true;
    this.#finish();
  }

  async end(): Promise<boolean> {
    if (!this.#layout) this.#finish();
    await this.#done;
    const cut = this.#at > 0;
    this.#slot?.giveBack();
    this.#slot = undefined;
    this.#slots?.retire();
    this.#options.onMemory?.(undefined);
    return cut;
  }

  #begin(layout: FrameLayout): void {
    this.#layout = layout;
    void this.#open(layout).then(() => this.#read());
  }

  async #open(layout: FrameLayout): Promise<void> {
    const slots = await this.#options.openSlots(layout);
    // Nobody else would give it back.
    if (this.#stopped) return slots.retire();
    const before = this.#slots;
    this.#slots = slots;
    before?.retire();
    const { onMemory, onTooLarge } = this.#options;
    onMemory?.({ where: slots.isShared ? 'shared' : 'own', bytes: slots.bytes });
    if (slots.fitWidth !== undefined && onTooLarge?.(slots.fitWidth)) return this.#events?.onUnfit();
    this.#slot = slots.take();
    this.#at = 0;
  }

  #read(): void {
    if (this.#stopped) return this.#finish();
    const { readEnd } = this.#pipe;
    if (this.#input) this.#input.on('data', (chunk: Buffer) => this.#copy(chunk)).resume();
    else if (readEnd !== undefined) this.#input = this.#readPipe(readEnd);
    this.#input?.once('close', () => this.#finish()).once('error', () => this.#finish());
    this.#events?.onReading();
  }

  /** The kernel writes right where the frame is to lie. */
  #readPipe(fd: number): Socket {
    this.#pipe.readEnd = undefined;
    // Node.js asks for the next buffer when it has called back, so also before a pause: what comes first after it lies aside.
    let target: Buffer = ASIDE;
    const socket = new Socket({
      fd,
      readable: true,
      writable: false,
      onread: {
        buffer: () => (target = this.#slot?.bytes.subarray(this.#at) ?? ASIDE),
        callback: (count: number) =>
          target === ASIDE ? this.#copy(Buffer.from(ASIDE.subarray(0, count))) : this.#took(count),
      },
    } as ConstructorParameters<typeof Socket>[0]);
    return socket.resume();
  }

  /** Of what lies elsewhere, also on systems without our own pipe: Windows, macOS, no FFI. @returns whether to continue reading */
  #copy(chunk: Buffer): boolean {
    for (let from = 0; from < chunk.length && !this.#stopped;) {
      if (!this.#slot) {
        this.#left = chunk.subarray(from);
        return false;
      }
      const count = chunk.copy(this.#slot.bytes, this.#at, from);
      from += count;
      this.#took(count);
    }
    return this.#slot !== undefined;
  }

  /** @returns whether to continue reading */
  #took(count: number): boolean {
    if (this.#stopped || !this.#slot) return false;
    this.#at += count;
    return this.#at < this.#slot.bytes.length || this.#whole(this.#slot);
  }

  #whole(slot: OpenSlot): boolean {
    this.#at = 0;
    this.#events?.onFrame();
    const { onFrame, onNoRoom, isPatient, isWanted, mask, now } = this.#options;
    mask?.apply(slot.frame);
    if (!isWanted(slot.frame)) return true;
    const slots = this.#slots!;
    const next = slots.take();
    if (!next && !isPatient) {
      onNoRoom();
      return true;
    }
    this.#slot = next;
    const held = slot.publish(now());
    onFrame(held);
    held.release();
    if (slots.isGone) {
      this.#slot?.giveBack();
      this.#slot = undefined;
      return this.#wait(this.#open(this.#layout!));
    }
    if (this.#slot) return true;
    return this.#wait(this.#takeFreed(slots));
  }

  async #takeFreed(slots: FrameSlots): Promise<void> {
    while (!this.#slot && !this.#stopped) {
      this.#slot = slots.take();
      if (!this.#slot) await slots.freed();
    }
  }

  #wait(ready: Promise<void>): false {
    this.#events?.onWaiting();
    this.#input?.pause();
    void ready.then(() => {
      const left = this.#left;
      this.#left = NOTHING;
      if (!this.#copy(left)) return;
      this.#events?.onReading();
      this.#input?.resume();
    });
    return false;
  }

  #finish(): void {
    this.#input?.destroy();
    close(this.#pipe, 'readEnd');
    close(this.#pipe, 'writeEnd');
    this.#finished();
  }
}

const NOTHING: Buffer = Buffer.alloc(0);
const ASIDE: Buffer = Buffer.alloc(65_536);

function pipeIfPossible(): { readEnd: number | undefined; writeEnd: number | undefined } {
  try {
    return { ...createPipe() };
  } catch {
    return { readEnd: undefined, writeEnd: undefined };
  }
}

function close(pipe: { readEnd: number | undefined; writeEnd: number | undefined }, end: 'readEnd' | 'writeEnd'): void {
  const fd = pipe[end];
  pipe[end] = undefined;
  if (fd !== undefined) closeSync(fd);
}
