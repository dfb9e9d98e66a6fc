import type { Readable } from 'node:stream';
import type { Clock } from '#packages/foundation';
import { FrameShare } from './frame-share.ts';
import type { FrameOutput, OutputEvents } from './play-command.ts';
import type { BrokenFrame } from './jpeg-splitter.ts';
import { JpegSplitter } from './jpeg-splitter.ts';

export interface JpegFramesOptions {
  readonly maxImageBytes: () => number;
  /** Pictures that come faster are dropped; 0: none is. */
  readonly framesPerSecond: number;
  readonly clock: Clock;
  readonly onFrame: (jpeg: Buffer) => void;
  readonly onBroken: (reason: BrokenFrame) => void;
  /** Resolves when more frames may come; ffmpeg waits until then. Undefined: at once. */
  readonly whenReady: () => Promise<void> | undefined;
}

/** The pictures of a camera that sends JPEG, as it made them. */
export class JpegFrames implements FrameOutput {
  readonly #options: JpegFramesOptions;
  readonly #splitter: JpegSplitter;
  #events: OutputEvents | undefined;
  readonly #share: FrameShare;
  #stopped = false;

  constructor(options: JpegFramesOptions) {
    this.#options = options;
    this.#share = new FrameShare(options.framesPerSecond);
    this.#splitter = new JpegSplitter({
      maxBytes: options.maxImageBytes,
      onFrame: (jpeg) => this.#take(jpeg),
      onBroken: options.onBroken,
    });
  }

  start(events: OutputEvents, stdout: Readable | undefined): void {
    this.#events = events;
    stdout?.on('data', (chunk: Buffer) => {
      this.#splitter.push(chunk);
      const ready = this.#options.whenReady();
      if (!ready) return;
      stdout.pause();
      events.onWaiting();
      void ready.then(() => {
        events.onReading();
        stdout.resume();
      });
    });
  }

  reported(): void {
    // JPEG says itself what it is.
  }

  stop(): void {
    this.#stopped = true;
  }

  end(): Promise<boolean> {
    return Promise.resolve(this.#splitter.reset());
  }

  #take(jpeg: Buffer): void {
    if (this.#stopped) return;
    this.#events?.onFrame();
    const { clock, onFrame } = this.#options;
    if (this.#share.takes(clock.monotonic())) onFrame(jpeg);
  }
}
