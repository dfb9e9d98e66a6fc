import type { EdgeError } from '#packages/foundation';

import { admissionErrors } from './errors.ts';

export type RejectionReason = Refusal['reason'];

/** Why a request is not run, with what the client should know. */
export type Refusal =
  | { readonly reason: 'queue-full'; readonly retryAfterSeconds: number; readonly depth: number }
  | { readonly reason: 'memory-full'; readonly retryAfterSeconds: number }
  | { readonly reason: 'deadline'; readonly deadlineMs: number; readonly where: string }
  | { readonly reason: 'no-model'; readonly alias: string }
  | { readonly reason: 'quarantined'; readonly error: EdgeError }
  | { readonly reason: 'cancelled' }
  | { readonly reason: 'stopping' };

export function refusalError(service: string, refusal: Refusal, aliases: readonly string[]): EdgeError {
  const facts = { service, ...refusal };
  switch (refusal.reason) {
    case 'queue-full':
      return admissionErrors.error(
        'admission.queue-full',
        `the queue of the service "${service}" is full: ${refusal.depth} requests wait`,
        { facts },
      );
    case 'memory-full':
      return admissionErrors.error(
        'admission.memory-full',
        'the waiting requests hold as much memory as MaxBufferedMB allows',
        { facts },
      );
    case 'deadline':
      return admissionErrors.error(
        'admission.deadline',
        `the request to "${service}" had no answer after ${refusal.deadlineMs} ms; the time ran out ${refusal.where}`,
        { facts },
      );
    case 'no-model': {
      const active = aliases.length === 0 ? 'no model is active at all' : `active: ${aliases.join(', ')}`;
      return admissionErrors.error(
        'model.not-found',
        `no model is active under the alias "${refusal.alias}" of the service "${service}" (${active})`,
        { facts: { ...facts, active: aliases } },
      );
    }
    case 'quarantined':
      return refusal.error;
    case 'cancelled':
      return admissionErrors.error('admission.cancelled', `the client of "${service}" hung up`, { facts });
    case 'stopping':
      return admissionErrors.error('admission.stopping', 'the agent is ending', { facts });
  }
}
