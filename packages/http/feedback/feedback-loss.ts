import { isEdgeError } from '#packages/foundation';

/**
 * Why an inference that should have been feedback is none. `full`: earlier ones are not handed over. `unreachable`: nobody listens, or
 * the connection broke. `timeout`: no answer in time. `unknown-config`: the uploader has no such ConfigId. `limit`: its RequestLimit.
 * `refused`: another reason of the uploader, such as a full spool; the log says which. `stopped`: the component ended.
 */
export type FeedbackLoss = 'full' | 'unreachable' | 'timeout' | 'unknown-config' | 'limit' | 'refused' | 'stopped';

export function lossOf(thrown: unknown): FeedbackLoss {
  return (isEdgeError(thrown) ? BY_CODE[thrown.code] : undefined) ?? 'refused';
}

const BY_CODE: Readonly<Record<string, FeedbackLoss>> = {
  'feedback.unreachable': 'unreachable',
  'feedback.connection-lost': 'unreachable',
  'feedback.not-ready': 'unreachable',
  'feedback.timeout': 'timeout',
  'feedback.unknown-config': 'unknown-config',
  'feedback.request-limit': 'limit',
};
