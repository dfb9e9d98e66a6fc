import { randomUUID } from 'node:crypto';
import type { HeartbeatMessage } from '#packages/heartbeat';

import type { MemoryBucket } from './memory-bucket.ts';

type Model = HeartbeatMessage['Models'][number];

export const PERIOD_SECONDS = 300;

/** One of the numbers of a model, or of its agent. */
export function sampleMetric(MetricName: string, Dimension: string, Value: number): Model['ModelMetrics'][number] {
  return { MetricName, Dimension, Value };
}

export function sampleModel(changes: Partial<Model> = {}): Model {
  return {
    ModelHandle: 'detector',
    ModelName: 'PartsDetector',
    ModelVersion: '1.0.0',
    ModelMetrics: [],
    Provider: 'cpu',
    Golden: 'PASSED',
    ...changes,
  };
}

export function sampleHeartbeat(thing: string, changes: Partial<HeartbeatMessage> = {}): HeartbeatMessage {
  return {
    HeartbeatId: randomUUID(),
    Part: 1,
    Parts: 1,
    Timestamp: Math.floor(Date.now() / 1000),
    PeriodSeconds: PERIOD_SECONDS,
    AgentVersion: '1.0.0',
    DeviceName: thing,
    DeviceFleetName: 'hall',
    ThingName: thing,
    AgentMetrics: [],
    Models: [],
    ...changes,
  };
}

/** Puts a device's heartbeat where the fleet reads it; `ageMs` is how long ago it came. */
export function putHeartbeat(
  bucket: MemoryBucket,
  thing: string,
  changes: Partial<HeartbeatMessage> & { readonly ageMs?: number; readonly prefix?: string } = {},
): void {
  const { ageMs = 0, prefix = 'heartbeats', ...rest } = changes;
  const message = sampleHeartbeat(thing, { Timestamp: Math.floor((Date.now() - ageMs) / 1000), ...rest });
  bucket.put(`${prefix}/${thing}/${message.Part}.json`, JSON.stringify(message), Date.now() - ageMs);
}
