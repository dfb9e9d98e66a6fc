import type { Readable } from 'node:stream';
import type { Clock } from '#packages/foundation';
import type { SourceConfiguration } from '../config.ts';
import { FragmentSplitter } from './fragment-splitter.ts';

export type ClipReason = 'request' | 'detection' | 'motion';

/** Seconds of a camera, as it sent them. */
export interface Clip {
  readonly reason: ClipReason;
  /** Of its first fragment, milliseconds since the epoch. */
  readonly from: number;
  readonly seconds: number;
  /** A whole MP4 file. */
  readonly bytes: Buffer;
}

export interface ClipRecorderOptions {
  readonly settings: SourceConfiguration['Clips'];
  readonly clock: Clock;
  readonly onClip: (clip: Clip) => void;
  /** A stream begins, whose packets can be kept. Default: nobody is told. */
  readonly onBegun?: () => void;
  /** The camera's packets cannot be kept. */
  readonly onBroken: (reason: string) => void;
}

interface Fragment {
  readonly bytes: Buffer;
  /** `clock.monotonic()` of its first and last picture, plus the time that they took to come. */
  readonly fromMs: number;
  readonly toMs: number;
}

interface OpenClip {
  readonly reason: ClipReason;
  readonly fragments: Fragment[];
  bytes: number;
  /** The first fragment that ends later is its last. */
  untilMs: number;
}

/** A fragment comes when its successor begins; some cameras let that take long. */
const LAST_FRAGMENT_MS = 30_000;

/** Keeps the last seconds of a camera's own packets in memory, and hands over those around a moment. */
export class ClipRecorder {
  readonly #options: ClipRecorderOptions;
  readonly #maxBytes: number;
  #head: Buffer | undefined;
  #fragments: Fragment[] = [];
  #bytes = 0;
  #lastMs = 0;
  #clip: OpenClip | undefined;
  #cancel: () => void = () => undefined;

  constructor(options: ClipRecorderOptions) {
    this.#options = options;
    this.#maxBytes = options.settings.MemoryMB * 1_000_000;
  }

  /** Bytes of packets in memory, those of a clip that continues included. */
  get bytes(): number {
    return this.#bytes + (this.#clip?.bytes ?? 0);
  }

  /** A stream in fragmented MP4, which begins again; the one before has ended. */
  take(stream: Readable): void {
    this.#finish();
    this.#head = undefined;
    this.#fragments = [];
    this.#bytes = 0;
    this.#lastMs = this.#options.clock.monotonic();
    const splitter = new FragmentSplitter(this.#maxBytes, {
      onStart: (head) => {
        this.#head = head;
        this.#options.onBegun?.();
      },
      onFragment: (fragment) => this.#came(fragment),
      onBroken: (reason) => this.#options.onBroken(reason),
    });
    stream.on('data', (chunk: Buffer) => splitter.push(chunk));
    stream.once('error', () => undefined);
  }

  /** Keeps the seconds before now and after; a clip that continues grows longer. */
  keep(reason: ClipReason): void {
    const { settings, clock } = this.#options;
    const now = clock.monotonic();
    const untilMs = now + settings.AfterSeconds * 1_000;
    if (this.#clip) {
      const [first] = this.#clip.fragments;
      const lastMs = (first?.fromMs ?? now) + settings.MaxSeconds * 1_000;
      this.#clip.untilMs = Math.max(this.#clip.untilMs, Math.min(untilMs, lastMs));
    } else {
      const fragments = this.#fragments.filter(({ toMs }) => toMs > now - settings.BeforeSeconds * 1_000);
      const bytes = fragments.reduce((sum, fragment) => sum + fragment.bytes.length, 0);
      this.#clip = { reason, fragments, bytes, untilMs };
    }
    this.#cancel();
    this.#cancel = clock.after(this.#clip.untilMs - now + LAST_FRAGMENT_MS, () => this.#finish());
  }

  /** Hands over a clip that continues, as long as it is. Idempotent. */
  close(): void {
    this.#finish();
    this.#fragments = [];
    this.#bytes = 0;
  }

  #came(bytes: Buffer): void {
    const { clock, settings } = this.#options;
    const toMs = clock.monotonic();
    const fragment = { bytes, fromMs: this.#lastMs, toMs };
    this.#lastMs = toMs;
    const clip = this.#clip;
    if (clip) {
      if (clip.bytes + bytes.length > this.#maxBytes) this.#finish();
      else {
        clip.fragments.push(fragment);
        clip.bytes += bytes.length;
        if (toMs >= clip.untilMs) this.#finish();
      }
    }
    this.#fragments.push(fragment);
    this.#bytes += bytes.length;
    const oldestMs = toMs - settings.BeforeSeconds * 1_000;
    while (this.#bytes > this.#maxBytes || (this.#fragments[0] && this.#fragments[0].toMs < oldestMs)) {
      this.#bytes -= this.#fragments.shift()?.bytes.length ?? 0;
    }
  }

  #finish(): void {
    this.#cancel();
    const clip = this.#clip;
    this.#clip = undefined;
    const [first] = clip?.fragments ?? [];
    if (!clip || !first || !this.#head) return;
    const { clock, onClip } = this.#options;
    const lastMs = clip.fragments.at(-1)!.toMs;
    onClip({
      reason: clip.reason,
      from: clock.now() - (clock.monotonic() - first.fromMs),
      seconds: (lastMs - first.fromMs) / 1_000,
      bytes: Buffer.concat([this.#head, ...clip.fragments.map(({ bytes }) => bytes)]),
    });
  }
}
