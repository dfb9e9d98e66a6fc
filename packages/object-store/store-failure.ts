import { failureKind } from '#packages/aws';
import type { FailureKind } from '#packages/aws';
import { isEdgeError } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import { objectStoreErrors } from './errors.ts';
import type { StoreFailureFacts } from './errors.ts';
import type { StoreFault } from './errors.ts';

export interface StoreFailure {
  readonly code: string;
  readonly reason: string;
  readonly status?: number;
}

type StoreErrorCode = keyof typeof objectStoreErrors.entries;

/** The error for a failed request, from the store's code, else its status, else that of the system. */
export function storeFailure(failure: StoreFailure, where: string, cause?: unknown): EdgeError {
  const { errorCode, fault, nothingSent } = classify(failure);
  const facts: StoreFailureFacts = { ...failure, fault, nothingSent: nothingSent ?? false };
  const message = `${where} failed: ${failure.code}: ${failure.reason}`;
  return objectStoreErrors.error(errorCode, message, { cause, facts });
}

/** An upload that was given up after `timeoutMs`; how much of it went out is not known. */
export function uploadTimedOut(timeoutMs: number): EdgeError {
  const reason = `no answer within ${timeoutMs} ms`;
  const facts: StoreFailureFacts = { fault: 'moment', code: 'Timeout', reason, nothingSent: false };
  return objectStoreErrors.error('store.timeout', `upload failed: ${reason}`, { facts });
}

/** The facts of a `store.*` error; anything else counts as a fault of the moment. */
export function failureFacts(thrown: unknown): StoreFailureFacts {
  if (isEdgeError(thrown) && Object.hasOwn(objectStoreErrors.entries, thrown.code))
    return thrown.facts as unknown as StoreFailureFacts;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return { fault: 'moment', code: thrown instanceof Error ? thrown.name : 'Error', reason, nothingSent: false };
}

interface Classified {
  readonly errorCode: StoreErrorCode;
  readonly fault: StoreFault;
  readonly nothingSent?: boolean;
}

function classify(failure: StoreFailure): Classified {
  const { code, status } = failure;
  if (status !== undefined) return BY_KIND[failureKind(failure)];
  const nothingSent = BEFORE_THE_FIRST_BYTE.has(code) || code.startsWith('ERR_TLS') || code.includes('CERT');
  return { ...UNREACHABLE, nothingSent };
}

const UNREACHABLE: Classified = { errorCode: 'store.unreachable', fault: 'moment' };
const BUSY: Classified = { errorCode: 'store.busy', fault: 'moment' };
const DENIED: Classified = { errorCode: 'store.access-denied', fault: 'destination' };
const OBJECT: Classified = { errorCode: 'store.object-refused', fault: 'object' };

const BY_KIND: Readonly<Record<FailureKind, Classified>> = {
  'no-region': UNREACHABLE,
  'no-credentials': { errorCode: 'store.no-credentials', fault: 'credentials' },
  'bad-signature': DENIED,
  'clock-skew': { errorCode: 'store.clock-skew', fault: 'moment' },
  'access-denied': DENIED,
  'not-found': OBJECT,
  'no-bucket': { errorCode: 'store.no-such-bucket', fault: 'destination' },
  'wrong-place': { errorCode: 'store.destination-refused', fault: 'destination' },
  precondition: OBJECT,
  throttled: BUSY,
  busy: BUSY,
  limit: BUSY,
  conflict: BUSY,
  'invalid-request': OBJECT,
  unreachable: UNREACHABLE,
  other: OBJECT,
};

/** The connection was not made, so nothing went over it. `NoCredentials` and `NoConnection` are ours. */
const BEFORE_THE_FIRST_BYTE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'NoConnection',
  'NoCredentials',
]);
