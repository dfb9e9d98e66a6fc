import { messageOf } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import { agentErrors } from '../../errors.ts';

/** The error of the request that was at work when the process ended by itself. */
export function crashed(cause: unknown): EdgeError {
  const message = `the process that ran the model crashed: ${messageOf(cause)}`;
  return agentErrors.error('instance.worker-crashed', message, { cause });
}

/** Of requests in a process that neither its model nor the agent has ended: they may be repeated. */
export function killed(cause: unknown): EdgeError {
  const message = `the process that ran the model was killed by something outside: ${messageOf(cause)}`;
  return agentErrors.error('instance.worker-killed', message, { cause });
}

/** Of requests that only waited in a process that another one brought down: they may be repeated. */
export function bystander(cause: EdgeError): EdgeError {
  const message = `the request waited in a process that was lost to another one: ${cause.message}`;
  return agentErrors.error('instance.worker-lost', message, { cause });
}
