import type { AwsFailure } from './aws-failure.ts';

/** The kind of failure of a request to AWS; each catalog of errors has one code or more for it. */
export type FailureKind =
  | 'no-region'
  /** None were found, or the service knows or takes them no more. */
  | 'no-credentials'
  | 'bad-signature'
  | 'clock-skew'
  | 'access-denied'
  | 'not-found'
  | 'no-bucket'
  /** A bucket that is elsewhere, or cannot be used in this way. */
  | 'wrong-place'
  | 'precondition'
  | 'throttled'
  /** The service's own fault, or two requests that met: the same request may succeed later. */
  | 'busy'
  | 'limit'
  | 'conflict'
  | 'invalid-request'
  /** No answer came. */
  | 'unreachable'
  | 'other';

/** The kind of a failure: by its code, else by its status. */
export function failureKind({ code, reason, status }: AwsFailure): FailureKind {
  if (/^region is missing/i.test(reason)) return 'no-region';
  const known = BY_CODE.find(([codes]) => codes.test(code));
  if (known) return known[1];
  if (status === undefined) return 'unreachable';
  if (status >= 500 || status === 408 || status === 409) return 'busy';
  if (status >= 300 && status < 400) return 'wrong-place';
  return BY_STATUS[status] ?? 'other';
}

/**
 * The first that matches counts. Amazon S3 API Reference, "Error responses", and the errors of AWS IoT, AWS IoT
 * Greengrass V2, SageMaker and STS, whose names have common parts.
 */
const BY_CODE: readonly (readonly [RegExp, FailureKind])[] = [
  [/^KMS\./, 'access-denied'],
  [/^RequestTimeTooSkewed$/, 'clock-skew'],
  [/^SignatureDoesNotMatch$/, 'bad-signature'],
  [/Credential|Token.*(Expired|Invalid)|(Expired|Invalid)Token|^TokenRefreshRequired$/, 'no-credentials'],
  [/UnrecognizedClient|^InvalidAccessKeyId$/, 'no-credentials'],
  [/AccessDenied|Unauthorized|NotAuthorized|Forbidden|^AllAccessDisabled$|^AccountProblem$/, 'access-denied'],
  [/^NoSuchBucket$/, 'no-bucket'],
  [/^(InvalidBucketName|PermanentRedirect|AuthorizationHeaderMalformed|MethodNotAllowed)$/, 'wrong-place'],
  [/^IllegalLocationConstraint/, 'wrong-place'],
  [/^(ServiceUnavailable|InternalError|RequestTimeout|OperationAborted|TemporaryRedirect)$/, 'busy'],
  [/^ConditionalRequestConflict$/, 'busy'],
  [/NoSuch|NotFound/, 'not-found'],
  [/^PreconditionFailed$/, 'precondition'],
  [/Throttl|TooManyRequests|SlowDown/, 'throttled'],
  [/LimitExceeded|QuotaExceeded/, 'limit'],
  [/Conflict|AlreadyExists/, 'conflict'],
  [/Validation|InvalidRequest|BadRequest/, 'invalid-request'],
];

const BY_STATUS: Readonly<Record<number, FailureKind>> = {
  401: 'access-denied',
  403: 'access-denied',
  404: 'not-found',
  412: 'precondition',
  429: 'throttled',
};
