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

function classify({ code, status }: StoreFailure): Classified {
  if (status === undefined) {
    const nothingSent = BEFORE_THE_FIRST_BYTE.has(code) || code.startsWith('ERR_TLS') || code.includes('CERT');
    return { errorCode: 'store.unreachable', fault: 'moment', nothingSent };
  }
  const known = BY_CODE[code];
  if (known) return known;
  if (status >= 500 || status === 429 || status === 408 || status === 409) return BUSY;
  if (status === 401 || status === 403) return DENIED;
  if (status >= 300 && status < 400) return REFUSED;
  return { errorCode: 'store.object-refused', fault: 'object' };
}

const BUSY: Classified = { errorCode: 'store.busy', fault: 'moment' };
const DENIED: Classified = { errorCode: 'store.access-denied', fault: 'destination' };
const REFUSED: Classified = { errorCode: 'store.destination-refused', fault: 'destination' };
const NEW_KEYS: Classified = { errorCode: 'store.no-credentials', fault: 'credentials' };

/** Amazon S3 API Reference, "Error responses", as far as PutObject can give them. */
const BY_CODE: Readonly<Record<string, Classified>> = {
  SlowDown: BUSY,
  ServiceUnavailable: BUSY,
  InternalError: BUSY,
  RequestTimeout: BUSY,
  OperationAborted: BUSY,
  ConditionalRequestConflict: BUSY,
  RequestTimeTooSkewed: { errorCode: 'store.clock-skew', fault: 'moment' },
  ExpiredToken: NEW_KEYS,
  InvalidToken: NEW_KEYS,
  TokenRefreshRequired: NEW_KEYS,
  InvalidAccessKeyId: NEW_KEYS,
  AccessDenied: DENIED,
  AllAccessDisabled: DENIED,
  AccountProblem: DENIED,
  SignatureDoesNotMatch: DENIED,
  'KMS.DisabledException': DENIED,
  'KMS.NotFoundException': DENIED,
  'KMS.KMSInvalidStateException': DENIED,
  NoSuchBucket: { errorCode: 'store.no-such-bucket', fault: 'destination' },
  InvalidBucketName: REFUSED,
  PermanentRedirect: REFUSED,
  TemporaryRedirect: BUSY,
  AuthorizationHeaderMalformed: REFUSED,
  IllegalLocationConstraintException: REFUSED,
  MethodNotAllowed: REFUSED,
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
