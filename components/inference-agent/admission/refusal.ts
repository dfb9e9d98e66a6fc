import type { EdgeError } from '#packages/foundation';

import { agentErrors } from '../errors.ts';

export type RejectionReason = Refusal['reason'];

/** Why a request is not run, with what the client should know. */
export type Refusal =
  | { readonly reason: 'queue-full'; readonly retryAfterSeconds: number; readonly depth: number }
  | { readonly reason: 'memory-full'; readonly retryAfterSeconds: number }
  | { readonly reason: 'displaced'; readonly stalledMs: number }
  | { readonly reason: 'deadline'; readonly deadlineMs: number; readonly where: string }
  | { readonly reason: 'model-loading'; readonly deadlineMs: number; readonly retryAfterSeconds: number }
  | { readonly reason: 'no-model'; readonly alias: string }
  | { readonly reason: 'quarantined'; readonly error: EdgeError }
  | { readonly reason: 'cancelled' }
  | { readonly reason: 'stopping' };

export function refusalError(service: string, refusal: Refusal, aliases: readonly string[]): EdgeError {
  switch (refusal.reason) {
    case 'queue-full':
      return agentErrors.error(
        'admission.queue-full',
        `the queue of the service "${service}" is full: ${refusal.depth} requests wait`,
        { facts: { service, ...refusal } },
      );
    case 'memory-full':
      return agentErrors.error(
        'admission.memory-full',
        'the bodies of the open requests hold as much memory as MaxBufferedMB allows',
        { facts: { service, ...refusal } },
      );
    case 'displaced':
      return agentErrors.error(
        'admission.displaced',
        `the body of the request to "${service}" had brought nothing for ${Math.round(refusal.stalledMs)} ms, and others needed its memory`,
        { facts: { service, ...refusal } },
      );
    case 'deadline':
      return agentErrors.error(
        'admission.deadline',
        `the request to "${service}" had no answer after ${refusal.deadlineMs} ms; the time ran out ${refusal.where}`,
        { facts: { service, ...refusal } },
      );
    case 'model-loading':
      return agentErrors.error(
        'admission.model-loading',
        `the model of the service "${service}" was still being loaded after ${refusal.deadlineMs} ms`,
        { facts: { service, ...refusal } },
      );
    case 'no-model': {
      const active = aliases.length === 0 ? 'no model is active at all' : `active: ${aliases.join(', ')}`;
      return agentErrors.error(
        'model.not-found',
        `no model is active under the alias "${refusal.alias}" of the service "${service}" (${active})`,
        { facts: { service, ...refusal, active: aliases } },
      );
    }
    case 'quarantined':
      return refusal.error;
    case 'cancelled':
      return agentErrors.error('admission.cancelled', `the client of "${service}" hung up`, {
        facts: { service, ...refusal },
      });
    case 'stopping':
      return agentErrors.error('admission.stopping', 'the agent is ending', { facts: { service, ...refusal } });
  }
}
