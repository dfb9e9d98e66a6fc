import { awsFailure, failureKind } from '#packages/aws';
import type { FailureKind } from '#packages/aws';
import { isEdgeError } from '#packages/foundation';
import { packagingErrors } from '../errors.ts';

type RequestCode = `package-source.${'changed' | 'denied' | 'no-credentials' | 'not-found' | 'unreachable'}`;

/** The error for a failed request to AWS about the source `what`. */
export function sourceFailure(what: string, thrown: unknown): Error {
  if (isEdgeError(thrown)) return thrown;
  const failure = awsFailure(thrown);
  const { code, reason, status } = failure;
  return packagingErrors.error(BY_KIND[failureKind(failure)], `cannot read ${what}: ${code}: ${reason}`, {
    cause: thrown,
    facts: { source: what, ...(status === undefined ? {} : { status }) },
  });
}

const BY_KIND: Readonly<Record<FailureKind, RequestCode>> = {
  'no-region': 'package-source.no-credentials',
  'no-credentials': 'package-source.no-credentials',
  'bad-signature': 'package-source.denied',
  'clock-skew': 'package-source.denied',
  'access-denied': 'package-source.denied',
  'not-found': 'package-source.not-found',
  'no-bucket': 'package-source.not-found',
  'wrong-place': 'package-source.unreachable',
  precondition: 'package-source.changed',
  throttled: 'package-source.unreachable',
  busy: 'package-source.unreachable',
  limit: 'package-source.unreachable',
  conflict: 'package-source.unreachable',
  'invalid-request': 'package-source.unreachable',
  unreachable: 'package-source.unreachable',
  other: 'package-source.unreachable',
};
