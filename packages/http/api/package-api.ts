import type { InvokeResult } from './agent-api.ts';
import type { Prediction } from '#packages/model-package';

/** Body of `GET /v1/models/{alias}/package`: what the package of the model that serves says of itself. */
export interface PackageReport {
  readonly alias: string;
  readonly name: string;
  readonly version: string;
  readonly description?: string;
  readonly task: string;
  /** By class id. */
  readonly labels: readonly string[];
  readonly variants: readonly { readonly file: string; readonly precision: string }[];
  /** Inputs that are images; `GET /v1/models/{alias}/golden/{index}` has the file. */
  readonly golden: readonly GoldenPicture[];
}

export interface GoldenPicture {
  /** Place among the golden inputs of the package. */
  readonly index: number;
  /** File in the package. */
  readonly input: string;
  readonly expected: readonly Prediction[];
  /** Largest difference of a score. */
  readonly scoreTolerance: number;
  /** Smallest overlap of a box with the one expected. */
  readonly iou: number;
}

/** Body of `GET /v1/models/{alias}/golden/{index}/answer`: what the model answers now. */
export interface GoldenAnswer {
  readonly result: InvokeResult;
  /** From what is expected, in sentences; none if all is well. */
  readonly differences: readonly string[];
}
