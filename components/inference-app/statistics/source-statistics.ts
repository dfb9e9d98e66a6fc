import type { MotionStatistics } from '#packages/motion';
import type { Decoding } from '../sources/stream/decoding/decoding-plan.ts';
import type { SkipReason } from './skip-reason.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { LatencySummary } from './latency-histogram.ts';
import { RecentRate } from './recent-rate.ts';

/** Statistics of one source. */
export interface SourceState {
  /** Of streams: whether frames come, how many came, and how often it had to be opened again. */
  readonly isUp: boolean;
  readonly frames: number;
  readonly restarts: number;
  /** How often it was opened again because the size of its pictures changed. */
  readonly resizes: number;
  /** Images without predictions by reason, once for each service that would have looked at them. */
  readonly skipped: Readonly<Partial<Record<SkipReason, number>>>;
  /** Memory that frames of a stream lie in: the models' as well, or the application's own. */
  readonly frameMemory?: FrameMemoryState | undefined;
  /** Of clips, if they are kept: memory of packets, and clips that were written or could not be. */
  readonly clips?: { readonly bytes: number; readonly kept: number; readonly lost: number } | undefined;
  /** From the moment at which a frame was there to that at which its result was handed over for publishing. */
  readonly latency?: LatencySummary | undefined;
  /** The stream's decoder, once that is known. */
  readonly decoding?: Decoding | undefined;
  /** Of the motion gate, if it is enabled. */
  readonly motion?: MotionStatistics | undefined;
}

export interface FrameMemoryState {
  readonly where: 'shared' | 'own';
  readonly bytes: number;
}

/** Counters of one source since it was started. */
export class SourceStatistics {
  readonly latency = new LatencyHistogram();
  readonly recent = new RecentRate();
  decoding: Decoding | undefined;
  motion: (() => MotionStatistics) | undefined;
  isUp = false;
  restarts = 0;
  resizes = 0;
  frameMemory: FrameMemoryState | undefined;
  clips: { readonly bytes: () => number; kept: number; lost: number } | undefined;
  /** The process that plays the stream; undefined while none does. */
  commandPid: number | undefined;
  readonly #skipped: Partial<Record<SkipReason, number>> = {};
  #frames = 0;

  /** A frame of a stream has come. */
  came(): void {
    this.#frames++;
    this.isUp = true;
  }

  skip(reason: SkipReason, times: number): void {
    this.#skipped[reason] = (this.#skipped[reason] ?? 0) + times;
  }

  /** A result was handed over for publishing. @param at `clock.monotonic()` */
  answered(ms: number, at: number): void {
    this.latency.observe(ms);
    this.recent.add(ms, at);
  }

  get state(): SourceState {
    const { isUp, restarts, resizes, decoding, frameMemory } = this;
    const { summary: latency } = this.latency;
    const skipped = { ...this.#skipped };
    const motion = this.motion?.();
    const clips = this.clips && { ...this.clips, bytes: this.clips.bytes() };
    return { isUp, frames: this.#frames, restarts, resizes, skipped, frameMemory, clips, latency, decoding, motion };
  }
}
