import { isEdgeError, messageOf } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';

import { guardOf } from '../topics/access-control.ts';
import { ipcErrors } from '../errors.ts';
import type { Asked } from '../errors.ts';
import { NucleusFault } from '../transport/nucleus-transport.ts';

/** A fault of the transport in the words of the collection; what is not a fault is passed on. */
export function faultToError(thrown: unknown, asked: Asked): Error {
  if (!(thrown instanceof NucleusFault)) return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
  if (thrown.errorCode === 'UnauthorizedError') return unauthorized(asked, thrown);
  const on = asked.resource === undefined ? '' : ` on ${asked.resource}`;
  const reason =
    thrown.errorCode === '' ? thrown.message : `${thrown.errorCode}: ${thrown.message || 'no reason given'}`;
  return ipcErrors.error('ipc.nucleus-error', `${asked.operation}${on} failed: ${reason}`, {
    cause: thrown,
    facts: { ...asked, kind: thrown.kind, errorCode: thrown.errorCode },
  });
}

/** ServiceError, or an answer outside the model: how nuclei say that they do not have an operation at all. */
export function isUnsupported(thrown: unknown): boolean {
  const fault = isEdgeError(thrown) ? thrown.cause : thrown;
  return fault instanceof NucleusFault && ['ServiceError', 'UnmodeledError'].includes(fault.errorCode);
}

export function isMissing(thrown: unknown): boolean {
  const fault = isEdgeError(thrown) ? thrown.cause : thrown;
  return fault instanceof NucleusFault && fault.errorCode === 'ResourceNotFoundError';
}

function unauthorized({ component, operation, resource = '*' }: Asked, cause: NucleusFault): EdgeError {
  const service = guardOf(operation) ?? 'aws.greengrass.ipc.pubsub';
  const policyId = `${component}:${service.split('.').at(-1)}:extra`;
  const statement = [
    `accessControl:`,
    `  ${service}:`,
    `    ${policyId}:`,
    `      operations: ['aws.greengrass#${operation}']`,
    `      resources: ['${resource}']`,
  ].join('\n');
  return ipcErrors.error(
    'ipc.unauthorized',
    `${component} may not ${operation} on ${resource}. Add this statement to its configuration:\n${statement}`,
    { cause, facts: { component, operation, resource, service, policyId, statement } },
  );
}
