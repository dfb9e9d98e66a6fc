import type { Prediction } from '#packages/model-package';

/** A model that somebody dropped on the console of `npm start`, as it is understood: the answer of `POST /v1/tries` and `…/labels`. */
export interface TryReport {
  readonly id: string;
  /** Of the service that it will be. */
  readonly name: string;
  readonly version: string;
  readonly task: string;
  readonly decoder: string;
  /** Pixels that the model takes, a side undefined if any will do; undefined for a model of tensors. */
  readonly input?: { readonly width?: number; readonly height?: number };
  readonly bytes: number;
  /** Number of labels; 0: class numbers stand for them. */
  readonly labels: number;
  /** Guesses, for a person to look at. */
  readonly notes: readonly string[];
}

/** Answer of `POST /v1/tries/{id}/answer`, whose body is a picture. */
export interface TryAnswer {
  readonly predictions: readonly Prediction[];
  readonly timings: { readonly totalMs: number };
}

/** Answer of `POST /v1/tries/{id}/serve`. */
export interface TryServed {
  readonly name: string;
  /** Command that writes the model into edgeml.yaml. */
  readonly command: string;
}
