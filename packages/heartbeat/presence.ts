import type { HeartbeatMessage } from './heartbeat-message.ts';

/** A device that missed two heartbeats, and half of another period for jitter, is offline. */
const CONNECTED_PERIODS = 2.5;
/** A model that worked since the heartbeat before the last one is at work. */
const ACTIVE_PERIODS = 2;

interface ModelPresence {
  readonly modelHandle: string;
  readonly modelName: string;
  readonly modelVersion: string;
  /** The device is connected, and the model answered a request in the last two periods before its heartbeat. */
  readonly active: boolean;
  /** The same for captured data and samples. */
  readonly sampling: boolean;
}

export interface DevicePresence {
  /** The last heartbeat came at most two and a half of its periods ago. */
  readonly connected: boolean;
  readonly models: readonly ModelPresence[];
}

/**
 * A device's state by its last heartbeat: the meaning of connected, offline, active and sampling in fleet
 * reports. Times on the device are compared with each other only, so that its clock may be wrong.
 *
 * @param receivedAt when the heartbeat came, and `now`: milliseconds since the epoch, by the reader's clock
 */
export function presenceOf(heartbeat: HeartbeatMessage, receivedAt: number, now: number): DevicePresence {
  const connected = now - receivedAt <= 1_000 * CONNECTED_PERIODS * heartbeat.PeriodSeconds;
  const isRecent = (time: number | undefined): boolean =>
    connected && time !== undefined && heartbeat.Timestamp - time <= ACTIVE_PERIODS * heartbeat.PeriodSeconds;
  return {
    connected,
    models: heartbeat.Models.map((model) => ({
      modelHandle: model.ModelHandle,
      modelName: model.ModelName,
      modelVersion: model.ModelVersion,
      active: isRecent(model.LatestInference),
      sampling: isRecent(model.LatestSampleTime),
    })),
  };
}
