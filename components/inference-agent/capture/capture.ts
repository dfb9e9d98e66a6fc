/**
 * Port of captured data: model inputs and outputs that applications ask to keep. An accepted capture goes as JSON Lines to a
 * folder, to a bucket, or to both in turn, as `CaptureDataDestination` says.
 */
export interface Capture {
  /**
   * Takes a capture over. With the destination Disk, also with periodic upload, it is durable when the promise resolves;
   * with Cloud it is buffered in memory. The bytes of the record must not change before that.
   *
   * @throws EdgeError `capture.duplicate`, `capture.unsafe-id`, `capture.invalid-tensor`, `capture.future-timestamp`,
   * `capture.invalid-timestamp`, `capture.unknown-model`, `capture.offline`, `capture.not-configured`, `capture.buffer-full`, `capture.disk-full`,
   * `capture.write-failed`, `capture.closed`
   */
  accept(record: CaptureRecord): Promise<void>;
  /**
   * The outcome of a capture. `modelName` narrows the question to one alias; undefined asks for any.
   *
   * @throws EdgeError `capture.unknown-id`
   */
  status(modelName: string | undefined, captureId: string): CaptureStatus;
}

/** `SUCCESS`: at its destination, for Disk with periodic upload the disk. `FAILURE`: given up. */
export type CaptureStatus = 'IN_PROGRESS' | 'SUCCESS' | 'FAILURE';

export type CaptureDataType = 'UINT8' | 'INT16' | 'INT32' | 'INT64' | 'FLOAT16' | 'FLOAT32' | 'FLOAT64';

/** Bytes of one element. */
export const ELEMENT_BYTES: Readonly<Record<CaptureDataType, number>> = {
  UINT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FLOAT16: 2,
  FLOAT32: 4,
  FLOAT64: 8,
};

/** `NONE`: plain bytes, taken as text if they are UTF-8. */
export type AuxiliaryEncoding = 'CSV' | 'JSON' | 'NONE' | 'BASE64';

export interface CapturedTensor {
  /** As the application calls it: need not be a name that the model knows. */
  readonly name: string;
  readonly dataType: CaptureDataType;
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly data: Uint8Array;
}

export interface CapturedAuxiliary {
  /** The kind of file: `jpg`, `json`, `mask.jpg`, … */
  readonly name: string;
  readonly encoding: AuxiliaryEncoding;
  /** As sent: for BASE64 the base64 text, for CSV and JSON the text, both in UTF-8. */
  readonly data: Uint8Array;
}

export interface CaptureRecord {
  /** Alias of the loaded model. */
  readonly modelName: string;
  readonly captureId: string;
  /** Milliseconds since the epoch; default: now. */
  readonly inferenceTimestamp?: number;
  readonly inputs: readonly CapturedTensor[];
  readonly outputs: readonly CapturedTensor[];
  readonly inputsAuxiliary: readonly CapturedAuxiliary[];
  readonly outputsAuxiliary: readonly CapturedAuxiliary[];
}
