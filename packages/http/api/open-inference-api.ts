/** JSON bodies of Open Inference Protocol v2. Source: the protocol's specification, "HTTP/REST". */

/** Body of `GET /v2`. */
export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

/** Body of `GET /v2/models/{model}`. */
export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly DescribedTensor[];
  readonly outputs: readonly DescribedTensor[];
}

export interface DescribedTensor {
  readonly name: string;
  /** e.g. `FP32`, `INT64`, `BYTES`. */
  readonly datatype: string;
  /** A free axis is -1. */
  readonly shape: readonly number[];
}

/**
 * Body of `GET /v2/health/ready` and of `GET /v2/models/{model}/ready`.
 * @public The API's description names it.
 */
export interface Readiness {
  /** The model, if one was asked about. */
  readonly name?: string;
  readonly ready: boolean;
}

/**
 * Body of `GET /v2/health/live`.
 * @public The API's description names it.
 */
export interface Liveness {
  readonly live: true;
}

/** One element of the answer to `POST /v2/repository/index`. */
export interface RepositoryModel {
  readonly name: string;
  readonly version: string;
  readonly state: 'READY' | 'UNAVAILABLE';
  /** Empty for a model that is ready. */
  readonly reason: string;
}

/** Answer to an inference; binary data follow it as `Inference-Header-Content-Length` says. */
export interface InferenceResponse {
  readonly model_name: string;
  readonly model_version: string;
  /** The request's own. */
  readonly id?: string;
  readonly outputs: readonly InferenceOutput[];
}

export interface InferenceOutput extends DescribedTensor {
  /** Elements in row-major order; absent for an output in binary. */
  readonly data?: readonly unknown[];
  readonly parameters?: { readonly binary_data_size: number };
}

/** Body of every answer of these routes that is not 2xx. */
export interface OpenInferenceError {
  readonly error: string;
  /** Stable code of the error, see docs/errors.md. */
  readonly code: string;
}
