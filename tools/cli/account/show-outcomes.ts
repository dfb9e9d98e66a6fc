import type { StackOutcome } from '../../cloud/accounts/change-accounts.ts';
import type { Output } from '../frame/output.ts';

const STATES = {
  unchanged: 'as it should be',
  'to-change': 'would change',
  later: 'waits for the stacks above',
  changed: 'changed',
} as const;

/** One line for each stack, and one for each of its changes. */
export function showOutcomes(out: Output, outcomes: readonly StackOutcome[]): void {
  for (const outcome of outcomes) {
    out.json(outcome);
    if (out.isJson) continue;
    const { account, stack, state, changes } = outcome;
    out.line(`${account.padEnd(14)} ${stack.padEnd(16)} ${out.paint('bold', STATES[state])}`);
    for (const { action, resource, isReplaced } of changes)
      out.line(`    ${action.toLowerCase().padEnd(8)} ${resource}${isReplaced ? ', made again' : ''}`);
  }
}
