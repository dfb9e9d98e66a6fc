import { isEdgeError } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';

import type { SkipReason } from '../statistics/skip-reason.ts';

/**
 * The way on after an error of the agent. `model`: wait for a model. `agent`: wait for the agent, or for room in its queue.
 * `again`: the agent broke off in the middle; a few more tries, since the image itself may be the cause. `none`: the answer is no.
 */
export type Remedy = 'model' | 'agent' | 'again' | 'none';

export function remedyFor(thrown: unknown): Remedy {
  if (!isEdgeError(thrown)) return 'none';
  const { code, status } = thrown;
  if (status === 404 && code.startsWith('model.')) return 'model';
  if (code === 'agent.unreachable' || (status === 503 && code.startsWith('admission.'))) return 'agent';
  return status === 503 ? 'again' : 'none';
}

/** How an image without an answer is counted. */
export function skipReasonOf(thrown: unknown): SkipReason {
  if (!isEdgeError(thrown)) return 'model';
  return REASONS.find(([matches]) => matches(thrown))?.[1] ?? 'model';
}

const REASONS: readonly (readonly [(error: EdgeError) => boolean, SkipReason])[] = [
  [({ code }) => code === 'source.file-gone', 'gone'],
  [({ code }) => code === 'frames.stale', 'stale'],
  [({ status }) => status === 413, 'budget'],
  [({ code }) => code.startsWith('image.') || code.startsWith('source.'), 'decode'],
  [({ status }) => status === 504, 'deadline'],
  [({ code, status }) => code.startsWith('admission.') || status === 503, 'busy'],
];
