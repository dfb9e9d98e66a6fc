export { Backoff } from '../../common/scheduling/backoff.ts';
export type { BackoffPorts } from '../../common/scheduling/backoff.ts';
