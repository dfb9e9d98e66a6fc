import type { Frame, FrameOutcome } from '../frame/frame.ts';

export interface IntakeOptions {
  /** Name of the source. */
  readonly source: string;
  /** Services that look at each frame. */
  readonly services: readonly string[];
  /** Frames that may wait for each service; `Infinity`: nothing is ever skipped. */
  readonly capacity: number;
  /** Frames that waited longer are skipped; `Infinity`: never. */
  readonly maxAgeMs: number;
  /** How long the work on a frame may wait for a model or for the agent; asked each time, since the setting may change. */
  readonly waitMs: () => number;
}

/** How the work on a frame for one service ended. */
export interface WorkOutcome {
  readonly outcome: FrameOutcome;
  /** Resolves when its result has left, or was given up. */
  readonly published?: Promise<unknown>;
}

/** Calls that the work on a frame may make on the intake that it came through. */
export interface WorkIntake {
  readonly options: IntakeOptions;
  /** Aborted when the source is closed. */
  readonly signal: AbortSignal;
  /** Passes a frame on to further services; it counts as outstanding until they are done. */
  forward(frame: Frame, services: readonly string[]): void;
}
