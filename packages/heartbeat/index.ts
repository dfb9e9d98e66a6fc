export { parseHeartbeat } from './heartbeat-message.ts';
export type {
  DeploymentResult,
  HeartbeatDevice,
  HeartbeatMessage,
  HeartbeatMetric,
  HeartbeatModel,
} from './heartbeat-message.ts';
export { readDeviceState, readServes, REMEMBERED_TIMES, roundedDown, servesOf, STATE_SHADOW } from './device-state.ts';
export type { ChallengerState, DeviceState, ModelState } from './device-state.ts';
export { heartbeatParts, joinHeartbeat, MAX_HEARTBEAT_BYTES } from './heartbeat-parts.ts';
export { presenceOf } from './presence.ts';
export { fittingState, isNews, stateUpdates } from './state-update.ts';
