import type { MotionStatistics } from '#packages/motion';
import type { Decoding } from '../sources/stream/decoding/decoding-plan.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { LatencySummary } from './latency-histogram.ts';

/** What there is to say of one source. */
export interface SourceState {
  /** Of streams: whether frames come, how many came, and how often it had to be opened again. */
  readonly isUp: boolean;
  readonly frames: number;
  readonly restarts: number;
  /** From the moment at which a frame was there to that at which its result was handed over for publishing. */
  readonly latency?: LatencySummary | undefined;
  /** What decodes the stream, once that is known. */
  readonly decoding?: Decoding | undefined;
  /** Of the motion gate, if it is enabled. */
  readonly motion?: MotionStatistics | undefined;
}

/** Counters of one source since it was started. */
export class SourceStatistics {
  readonly latency = new LatencyHistogram();
  decoding: Decoding | undefined;
  motion: (() => MotionStatistics) | undefined;
  isUp = false;
  restarts = 0;
  #frames = 0;

  /** A frame of a stream has come. */
  came(): void {
    this.#frames++;
    this.isUp = true;
  }

  get state(): SourceState {
    const { isUp, restarts, decoding } = this;
    const { summary: latency } = this.latency;
    return { isUp, frames: this.#frames, restarts, latency, decoding, motion: this.motion?.() };
  }
}
