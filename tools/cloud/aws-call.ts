import { awsFailure, failureKind } from '#packages/aws';
import type { FailureKind } from '#packages/aws';
import { isEdgeError } from '#packages/foundation';
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

/** The code that AWS gave, e.g. `ConflictException`. */
export function awsErrorCode(thrown: unknown): string {
  return awsFailure(thrown).code;
}

/** Only a code says so: a bare 404 may come from something that is not AWS at all. */
function isNotFound(thrown: unknown): boolean {
  const failure = awsFailure(thrown);
  return failureKind(failure) === 'not-found' && !failure.code.startsWith('HTTP ');
}

function awsError(what: string, thrown: unknown): Error {
  if (isEdgeError(thrown)) return thrown;
  const failure = awsFailure(thrown);
  const { code, reason, requestId } = failure;
  if (code === 'AbortError') return thrown as Error;
  const facts = { action: what, awsError: code, ...(requestId === undefined ? {} : { requestId }) };
  const isSaid = code === 'Error' || reason.includes(code);
  return cloudErrors.error(BY_KIND[failureKind(failure)], `${what}: ${isSaid ? reason : `${reason} (${code})`}`, {
    facts,
  });
}

const BY_KIND: Readonly<Record<FailureKind, `cloud.${string}` & keyof typeof cloudErrors.entries>> = {
  'no-region': 'cloud.no-region',
  'no-credentials': 'cloud.no-credentials',
  'bad-signature': 'cloud.no-credentials',
  'clock-skew': 'cloud.access-denied',
  'access-denied': 'cloud.access-denied',
  'not-found': 'cloud.not-found',
  'no-bucket': 'cloud.not-found',
  'wrong-place': 'cloud.failed',
  precondition: 'cloud.failed',
  throttled: 'cloud.throttled',
  busy: 'cloud.failed',
  limit: 'cloud.limit',
  conflict: 'cloud.conflict',
  'invalid-request': 'cloud.invalid-request',
  unreachable: 'cloud.unreachable',
  other: 'cloud.failed',
};
