import { describe, expect, it } from 'vitest';
import { awsFailure } from './aws-failure.ts';
import { failureKind } from './failure-kind.ts';
import type { FailureKind } from './failure-kind.ts';

const sdkError = (facts: object, message = 'reason'): Error => Object.assign(new Error(message), facts);
const answered = (name: string, httpStatusCode: number): Error => sdkError({ name, $metadata: { httpStatusCode } });

describe('awsFailure', () => {
  it('reads the code, status and request of an answer, and no header but that of the region', () => {
    const error = sdkError({
      name: 'PermanentRedirect',
      $metadata: { httpStatusCode: 301, requestId: 'R1' },
      $response: { headers: { 'x-amz-bucket-region': 'eu-west-1', authorization: 'secret' } },
    });
    expect(awsFailure(error)).toEqual({
      code: 'PermanentRedirect',
      reason: 'reason',
      status: 301,
      requestId: 'R1',
      bucketRegion: 'eu-west-1',
    });
    const malformed = sdkError({
      name: 'AuthorizationHeaderMalformed',
      $metadata: { httpStatusCode: 400 },
      Region: 'eu-west-1',
    });
    expect(awsFailure(malformed).bucketRegion).toBe('eu-west-1');
  });

  it.each([
    ['UnknownError', 403, 'AccessDenied'],
    ['403', 403, 'AccessDenied'],
    ['UnknownError', 301, 'PermanentRedirect'],
    ['Error', 404, 'HTTP 404'],
  ])('gives the bare answer %s %i the code %s', (name, status, code) => {
    expect(awsFailure(answered(name, status)).code).toBe(code);
  });

  it.each([
    [sdkError({ code: 'ECONNREFUSED' }), 'ECONNREFUSED'],
    [sdkError({ name: 'TimeoutError' }), 'TimeoutError'],
    [sdkError({ name: 'CredentialsProviderError', code: 'ENOENT' }), 'CredentialsProviderError'],
    [sdkError({ name: 'TimeoutError' }, 'Socket did not establish a connection with the server'), 'NoConnection'],
  ])('takes the code of the system or of the SDK if no answer came: %s', (error, code) => {
    expect(awsFailure(error)).toEqual({ code, reason: error.message });
  });

  it('makes something of whatever is thrown', () => {
    expect(awsFailure('broken')).toEqual({ code: 'Unknown', reason: 'broken' });
    expect(awsFailure(undefined)).toEqual({ code: 'Unknown', reason: 'no reason given' });
    expect(awsFailure(new AggregateError([])).reason).toBe('no reason given');
  });
});

describe('failureKind', () => {
  it.each<[string, number, FailureKind]>([
    ['ExpiredToken', 400, 'no-credentials'],
    ['ExpiredTokenException', 403, 'no-credentials'],
    ['InvalidAccessKeyId', 403, 'no-credentials'],
    ['UnrecognizedClientException', 403, 'no-credentials'],
    ['SignatureDoesNotMatch', 403, 'bad-signature'],
    ['RequestTimeTooSkewed', 403, 'clock-skew'],
    ['AccessDeniedException', 403, 'access-denied'],
    ['KMS.NotFoundException', 400, 'access-denied'],
    ['UnheardOf', 403, 'access-denied'],
    ['NoSuchBucket', 404, 'no-bucket'],
    ['NoSuchKey', 404, 'not-found'],
    ['ResourceNotFoundException', 404, 'not-found'],
    ['UnknownError', 404, 'not-found'],
    ['PermanentRedirect', 301, 'wrong-place'],
    ['TemporaryRedirect', 307, 'busy'],
    ['PreconditionFailed', 412, 'precondition'],
    ['SlowDown', 503, 'throttled'],
    ['ThrottlingException', 400, 'throttled'],
    ['UnheardOf', 429, 'throttled'],
    ['OperationAborted', 409, 'busy'],
    ['UnheardOf', 500, 'busy'],
    ['ServiceQuotaExceededException', 402, 'limit'],
    ['ResourceAlreadyExistsException', 409, 'conflict'],
    ['ValidationException', 400, 'invalid-request'],
    ['EntityTooLarge', 400, 'other'],
  ])('knows what %s with the status %i is about: %s', (name, status, kind) => {
    expect(failureKind(awsFailure(answered(name, status)))).toBe(kind);
  });

  it.each<[Error, FailureKind]>([
    [sdkError({ code: 'ENOTFOUND' }), 'unreachable'],
    [sdkError({ name: 'TimeoutError' }), 'unreachable'],
    [sdkError({ name: 'CredentialsProviderError' }), 'no-credentials'],
    [sdkError({}, 'Region is missing'), 'no-region'],
  ])('knows what %s without an answer is about', (error, kind) => {
    expect(failureKind(awsFailure(error))).toBe(kind);
  });
});
