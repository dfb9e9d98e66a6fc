/** Corners of a box as fractions of the decoded image: 0..1, origin top left. */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** A point as fractions of the decoded image, origin top left. */
export type Point = readonly [x: number, y: number];

/** As a point, 0..1, with how sure the model is that it can be seen, 0..1, if the model says so. */
export type KeyPoint = readonly [x: number, y: number, score?: number];

/** Corners of a turned box, in turn around it; they may lie outside the image. */
export type Quad = readonly [Point, Point, Point, Point];

/**
 * The pixels of an object. Runs are COCO's compressed form of a picture of `size` that stands for the whole image; `pycocotools.mask.decode`
 * reads them as they are. Polygons are outlines, `[x0, y0, x1, y1, …]` each, as fractions of the image; they do not have holes.
 */
export type Mask =
  | { readonly size: readonly [height: number, width: number]; readonly counts: string }
  | { readonly polygons: readonly (readonly number[])[] };

/** Cells that divide the whole image, row by row: in base64 one byte each, 0 to 255 for 0 to 1. */
export interface HeatMap {
  readonly size: readonly [rows: number, columns: number];
  readonly values: string;
}

/** One answer of a model. Lists of them are sorted by falling score, ties in model order. */
export interface Prediction {
  readonly classId: number;
  readonly label: string;
  /** 0..1 for probabilities; a model without an activation reports its raw output. */
  readonly score: number;
  /** Present if the model locates objects. Upright: of a turned box the part of the image that it reaches over. */
  readonly box?: Box;
  /** From models of the task `pose`, in the model's order. */
  readonly keypoints?: readonly KeyPoint[];
  /** From models of the task `oriented-detection`, as is `angle`. */
  readonly corners?: Quad;
  /** Of the longer side, in radians from the x axis towards the y axis, 0..π, in pixels of the model's input. */
  readonly angle?: number;
  /** From models of the tasks `instance-segmentation` and `semantic-segmentation`. */
  readonly mask?: Mask;
  /** From models of the task `semantic-segmentation`: how much of the image's pixels belong to the class, 0..1. */
  readonly share?: number;
  /**
   * From models of the task `anomaly`: the image is taken for anomalous if its score is above this. From models of the task `embedding`: the
   * image has the name of what it is like if its score is at least this.
   */
  readonly threshold?: number;
  /** From models of the task `anomaly`: how anomalous each part of the image is, on the scale of the score. */
  readonly heatMap?: HeatMap;
  /** From models of the task `text-recognition`: the text that was read; `label` is the same for every text. */
  readonly text?: string;
  /**
   * From models of the task `embedding`: a vector of length 1, its float32 numbers, little-endian, in base64. `label` is the name of the nearest
   * known vector, or `unknown`, and `score` the cosine between the two, 0 if it is negative.
   */
  readonly embedding?: string;
}

/** Where the time of one request went, in milliseconds. */
export interface Timings {
  /** Waiting for a worker, agent only. */
  readonly queueMs?: number;
  /** Compressed bytes to pixels. */
  readonly decodeMs: number;
  /** Pixels to the input tensor: resize, normalize, layout. */
  readonly preprocessMs: number;
  /** ONNX Runtime `run`. */
  readonly runMs: number;
  /** Output tensors to predictions. */
  readonly postprocessMs: number;
  readonly totalMs: number;
}
