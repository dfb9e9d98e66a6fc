import type { EdgeError, EdgeErrorOptions } from '#packages/foundation';

import { agentErrors, feedbackClientErrors } from './errors.ts';

/** Who is talked to: its name in messages, and its errors. */
export interface Peer {
  readonly name: string;
  error(kind: PeerErrorKind, message: string, options?: EdgeErrorOptions): EdgeError;
}

type PeerErrorKind = 'unreachable' | 'connection-lost' | 'timeout' | 'bad-answer';

export const AGENT: Peer = {
  name: 'the agent',
  error: (kind, message, options) => agentErrors.error(`agent.${kind}`, message, options),
};

export const FEEDBACK_UPLOADER: Peer = {
  name: 'the feedback uploader',
  error: (kind, message, options) => feedbackClientErrors.error(`feedback.${kind}`, message, options),
};
