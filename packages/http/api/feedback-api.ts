import type { ComponentHealth } from './health-api.ts';

/** JSON bodies and headers of the feedback uploader's HTTP API, shared by the uploader, its clients and the command line. */

/** Carries the prediction as JSON: a list, or an object. UTF-8 or ASCII with `\u` escapes. */
export const PREDICTION_HEADER = 'x-edgeml-prediction';
/** Carries metadata as JSON: an object of texts, numbers and booleans. May be left out. */
export const METADATA_HEADER = 'x-edgeml-metadata';
/** `true`: a person chose the sample, so that no strategy and no quota decides about it. */
export const ALWAYS_HEADER = 'x-edgeml-always';
/** Room for the prediction of a classifier with many thousand classes. */
export const MAX_FEEDBACK_HEADER_BYTES = 524_288;

/** Answer of `POST /v1/feedback/{configId}`: 202 for `accepted`, 200 for a sample that was not wanted. */
export type FeedbackAnswer =
  | {
      /** The request's id, in messages and in the name of the object. */
      readonly id: string;
      /** On the disk to stay, and to be uploaded. */
      readonly status: 'accepted';
      readonly bucket: string;
      readonly key: string;
      /** Bytes of the sample as it is stored. */
      readonly bytes: number;
    }
  | {
      readonly id: string;
      readonly status: 'sample_dropped_by_strategy';
      /** The comparison, or the quota, that decided. */
      readonly reason: string;
    };

/** Body of `GET /healthz` of the uploader: 200 while samples are taken, 503 with the same body while they are not. */
export interface FeedbackHealth extends ComponentHealth {
  /** ConfigIds that samples are taken for. */
  readonly configurations: readonly string[];
  readonly spool?: { readonly samples: number; readonly bytes: number };
}
