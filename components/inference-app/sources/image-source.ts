import type { Frame } from '../frame/frame.ts';

/** Where images come from. One instance per source of the configuration; a changed configuration makes a new one. */
export interface ImageSource {
  /** Starts; frames go to `sink` until `stop`. Resolves when there will be no more frames: at the end of `once`, or after `stop`. */
  run(sink: FrameSink): Promise<void>;
  /** Idempotent; no frame follows. */
  stop(): Promise<void>;
}

export interface FrameSink {
  offer(frame: Frame): void;
  /** Images that came and are not answered yet. */
  readonly outstanding: number;
  /** An image that will not be looked at because the work on earlier ones is not done. */
  skippedAsBusy(count: number): void;
}
