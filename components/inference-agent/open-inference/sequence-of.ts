import type { SequenceStep } from '../invoke/sequence-states.ts';
import type { Parameters } from './infer-request.ts';

/**
 * The sequence of a request; undefined if it belongs to none.
 * Source: Triton Inference Server, protocol extension "sequence".
 */
export function sequenceOf(parameters: Parameters): SequenceStep | undefined {
  const id = parameters['sequence_id'];
  if (id === undefined || id === 0 || id === 0n || id === '' || typeof id === 'boolean') return undefined;
  return {
    id: String(id),
    start: parameters['sequence_start'] === true,
    end: parameters['sequence_end'] === true,
  };
}
