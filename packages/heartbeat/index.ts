export { parseHeartbeat } from './heartbeat-message.ts';
export type {
  DeploymentResult,
  HeartbeatDevice,
  HeartbeatMessage,
  HeartbeatMetric,
  HeartbeatModel,
} from './heartbeat-message.ts';
export { heartbeatParts, joinHeartbeat, MAX_HEARTBEAT_BYTES } from './heartbeat-parts.ts';
export { presenceOf } from './presence.ts';
