import { isEdgeError, messageOf } from '#packages/foundation';

import { packagingErrors } from '../errors.ts';

type RequestCode = `package-source.${'changed' | 'denied' | 'no-credentials' | 'not-found' | 'unreachable'}`;

/** What a failed request to AWS means for the source `what`. */
export function sourceFailure(what: string, thrown: unknown): Error {
  if (isEdgeError(thrown)) return thrown;
  const { name = '', status } = namesOf(thrown);
  const reason = `${name === '' ? '' : `${name}: `}${messageOf(thrown)}`;
  return packagingErrors.error(codeOf(name, status), `cannot read ${what}: ${reason}`, {
    cause: thrown,
    facts: { source: what, ...(status === undefined ? {} : { status }) },
  });
}

function codeOf(name: string, status: number | undefined): RequestCode {
  if (/Credential|Token.*(Expired|Invalid)|ExpiredToken|UnrecognizedClient|Region is missing/i.test(name))
    return 'package-source.no-credentials';
  if (/NoSuch|NotFound/.test(name) || status === 404) return 'package-source.not-found';
  if (status === 412 || name === 'PreconditionFailed') return 'package-source.changed';
  if (/AccessDenied|Forbidden|NotAuthorized|SignatureDoesNotMatch|InvalidAccessKeyId/.test(name) || status === 403)
    return 'package-source.denied';
  return 'package-source.unreachable';
}

export function namesOf(thrown: unknown): { readonly name?: string; readonly status?: number } {
  if (typeof thrown !== 'object' || thrown === null) return {};
  const { name, message, $metadata } = thrown as {
    name?: unknown;
    message?: unknown;
    $metadata?: { httpStatusCode?: unknown };
  };
  const status = $metadata?.httpStatusCode;
  const isRegion = typeof message === 'string' && message.startsWith('Region is missing');
  return {
    ...(typeof name === 'string' ? { name: isRegion ? 'Region is missing' : name } : {}),
    ...(typeof status === 'number' ? { status } : {}),
  };
}
