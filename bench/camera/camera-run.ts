/** One side's part of a measurement. */
export interface CameraRun {
  readonly video: string;
  /** Frames before the first that counts. */
  readonly warmUp: number;
  readonly frames: number;
  readonly model: BenchModel;
  /** Every frame is drawn on and written as JPEG; the peer writes here. */
  readonly folder?: string | undefined;
}

export interface BenchModel {
  /** Its alias at the agent. */
  readonly service: string;
  /** Pixels on a side of its input. */
  readonly size: number;
  /** The very variant that the agent runs. */
  readonly file: string;
}

export interface CameraFigures {
  readonly frames: number;
  /** Of all processes together. */
  readonly cpuMsPerFrame: number;
  readonly seconds: number;
}
