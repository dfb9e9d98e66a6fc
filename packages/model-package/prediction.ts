/** Corners of a box as fractions of the decoded image: 0..1, origin top left. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** One answer of a model. Lists of them are sorted by falling score, ties in model order. */
export interface Prediction {
  readonly classId: number;
  readonly label: string;
  /** 0..1 for probabilities; a model without an activation reports its raw output. */
  readonly score: number;
  /** Present for detections only. */
  readonly box?: Box;
}

/** Where the time of one request went, in milliseconds. */
export interface Timings {
  /** Waiting for a worker, agent only. */
  readonly queueMs?: number;
  /** Compressed bytes to pixels. */
  readonly decodeMs: number;
  /** Pixels to the input tensor: resize, normalise, layout. */
  readonly preprocessMs: number;
  /** ONNX Runtime `run`. */
  readonly runMs: number;
  /** Output tensors to predictions. */
  readonly postprocessMs: number;
  readonly totalMs: number;
}
