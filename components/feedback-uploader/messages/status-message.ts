import type { S3Response } from '#packages/object-store';

/** Messages on `feedback/message/status`, as the old ML Feedback connector wrote them: one per request. */
export type StatusMessage =
  | {
      readonly response: {
        readonly status: 'success';
        readonly s3_response: S3Response & { readonly bucket: string; readonly key: string };
      };
      readonly id: string;
    }
  | { readonly response: { readonly status: 'sample_dropped_by_strategy' }; readonly id: string }
  | {
      readonly response: { readonly status: 'fail'; readonly error_message: string; readonly error: string };
      readonly id: string;
    };

export function successStatus(id: string, response: S3Response, bucket: string, key: string): StatusMessage {
  return { response: { status: 'success', s3_response: { ...response, bucket, key } }, id };
}

export function droppedStatus(id: string): StatusMessage {
  return { response: { status: 'sample_dropped_by_strategy' }, id };
}

/** @param error class of the failure, e.g. `NoSuchBucket` */
export function failureStatus(id: string, error: string, reason: string): StatusMessage {
  const text = `[RequestId: ${id}] Failed to upload model input data due to exception. Model prediction will not be published. Exception type: ${error}, error: ${reason}`;
  return { response: { status: 'fail', error_message: text, error }, id };
}

/** The store's words in the frame that botocore gives them. */
export function s3Reason(code: string, reason: string): string {
  return `An error occurred (${code}) when calling the PutObject operation: ${reason}`;
}

const QUEUE_FULL = 'Queue.Full';

export function throttledStatus(id: string, limit: number): StatusMessage {
  return { response: { status: 'fail', error_message: throttledText(limit), error: QUEUE_FULL }, id };
}

/** The old wording, blank before the bracket included. */
export function throttledText(limit: number): string {
  return `Request limit has been reached (max request: ${limit} ). Dropping request.`;
}
