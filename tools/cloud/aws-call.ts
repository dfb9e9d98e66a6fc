import { isEdgeError, messageOf } from '#packages/foundation';

import { cloudErrors } from './errors.ts';

/**
 * Waits for a call to AWS and turns what it throws into an error of ours that names the action. Nothing of the request's
 * headers gets into it: they hold signatures.
 *
 * @param what the action and its object, e.g. `DescribeThing gateway-7`
 */
export async function awsCall<Output>(what: string, call: Promise<Output>): Promise<Output> {
  try {
    return await call;
  } catch (thrown) {
    throw awsError(what, thrown);
  }
}

/** The same, with `undefined` for what does not exist. */
export async function awsFind<Output>(what: string, call: Promise<Output>): Promise<Output | undefined> {
  try {
    return await call;
  } catch (thrown) {
    if (isNotFound(thrown)) return undefined;
    throw awsError(what, thrown);
  }
}

export function awsErrorName(thrown: unknown): string {
  return thrown instanceof Error ? thrown.name : '';
}

function isNotFound(thrown: unknown): boolean {
  return ['ResourceNotFoundException', 'ResourceNotFound', 'NotFound', 'NoSuchKey'].includes(awsErrorName(thrown));
}

function awsError(what: string, thrown: unknown): Error {
  if (isEdgeError(thrown)) return thrown;
  const name = awsErrorName(thrown);
  if (name === 'AbortError') return thrown as Error;
  const facts = { action: what, awsError: name, ...requestId(thrown) };
  return cloudErrors.error(codeOf(name, thrown), `${what}: ${reasonOf(name, thrown)}`, { facts });
}

function codeOf(name: string, thrown: unknown): `cloud.${string}` & keyof typeof cloudErrors.entries {
  const text = messageOf(thrown);
  const status = (thrown as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
  if (/^region is missing/i.test(text)) return 'cloud.no-region';
  if (/Credential|Token.*Expired|ExpiredToken|UnrecognizedClient|InvalidAccessKeyId|SignatureDoesNotMatch/.test(name))
    return 'cloud.no-credentials';
  if (/AccessDenied|Unauthorized|Forbidden/.test(name) || status === 403) return 'cloud.access-denied';
  if (isNotFound(thrown) || name === 'NoSuchBucket') return 'cloud.not-found';
  if (/Throttl|TooManyRequests|SlowDown/.test(name)) return 'cloud.throttled';
  if (/LimitExceeded|QuotaExceeded/.test(name)) return 'cloud.limit';
  if (/Conflict|AlreadyExists/.test(name)) return 'cloud.conflict';
  if (/Validation|InvalidRequest|BadRequest/.test(name)) return 'cloud.invalid-request';
  if (status === undefined) return 'cloud.unreachable';
  return 'cloud.failed';
}

function reasonOf(name: string, thrown: unknown): string {
  const text = messageOf(thrown);
  return name === '' || name === 'Error' || text.includes(name) ? text : `${text} (${name})`;
}

function requestId(thrown: unknown): { readonly requestId?: string } {
  const id = (thrown as { $metadata?: { requestId?: string } }).$metadata?.requestId;
  return id === undefined ? {} : { requestId: id };
}
