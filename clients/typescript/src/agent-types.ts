/** Answers of `Agent`. Times are in milliseconds. */

export interface AgentPrediction {
  readonly classId: number;
  readonly label: string;
  readonly score: number;
  /** Corners x0, y0, x1, y1 as fractions of the upright picture; absent from a model that does not locate anything. */
  readonly box?: readonly [number, number, number, number];
  /** Of a pose, in the model's order: x, y and, if the model says it, how sure it is that the point can be seen. */
  readonly keypoints?: readonly (readonly [x: number, y: number, score?: number])[];
  /** Of a turned box, in turn around it; they may lie outside the picture. `angle` is that of the longer side, in radians. */
  readonly corners?: readonly (readonly [x: number, y: number])[];
  readonly angle?: number;
  /** Pixels of an object: COCO's compressed runs, or outlines as fractions, `[x0, y0, x1, y1, …]` each. */
  readonly mask?:
    | { readonly size: readonly [height: number, width: number]; readonly counts: string }
    | { readonly polygons: readonly (readonly number[])[] };
  /** How much of the picture's pixels belong to a class, if the model tells the class of each pixel. */
  readonly share?: number;
  /** Of a model of anomalies: the picture is anomalous if it scores more than this; of embeddings: it gets its name if it scores at least this. */
  readonly threshold?: number;
  /** How anomalous each part of the picture is: cells row by row, in base64 one byte each, 0 to 255 for 0 to 1. */
  readonly heatMap?: { readonly size: readonly [rows: number, columns: number]; readonly values: string };
  /** Of a recognizer: the text that was read. */
  readonly text?: string;
  /** Of a model of embeddings: a vector of length 1, its float32 numbers, little-endian, in base64. `label` is the name of what the picture is like. */
  readonly embedding?: string;
}

export interface AgentModel {
  readonly alias: string;
  readonly name: string;
  readonly version: string;
}

export interface AgentResult {
  readonly id: string;
  readonly service: string;
  readonly model: AgentModel;
  /** Of the upright picture, in pixels. */
  readonly image: { readonly width: number; readonly height: number };
  readonly predictions: readonly AgentPrediction[];
  readonly timings: Readonly<Record<string, number>>;
}

/** An array of numbers, texts or truth values, row-major. Texts come back as bytes. */
export interface AgentTensor {
  /** e.g. `FP32`, `INT64`, `BYTES`. */
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** BOOL and UINT8 are a `Uint8Array`, FP16 the raw bits in a `Uint16Array`, BYTES a list. */
export type TensorData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | readonly (string | Uint8Array)[];

export interface AgentTensorInfo {
  readonly name: string;
  readonly datatype: string;
  /** A free axis is -1. */
  readonly shape: readonly number[];
}

/** The agent refused the request, could not answer it, or was not there. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  /** Stable and documented in docs/errors.md of EdgeML, e.g. `admission.overload`, `agent.unreachable`, `agent.timeout`. */
  readonly code: string;
  /** The remedy; empty if the agent did not name one. */
  readonly todo: string;
  /** When the agent wants to be asked again. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    facts: { code: string; todo?: string; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(`${message} [${facts.code}]`, { cause: facts.cause });
    this.code = facts.code;
    this.todo = facts.todo ?? '';
    this.retryAfterMs = facts.retryAfterMs;
  }
}
