import { describe, expect, it } from 'vitest';

import { parseHeartbeat } from './heartbeat-message.ts';
import type { HeartbeatMessage, HeartbeatModel } from './heartbeat-message.ts';
import { heartbeatParts, joinHeartbeat, MAX_HEARTBEAT_BYTES } from './heartbeat-parts.ts';
import { presenceOf } from './presence.ts';

const NOON = Date.UTC(2026, 2, 1, 12) / 1_000;

const model = (handle: string, changes: Partial<HeartbeatModel> = {}): HeartbeatModel => ({
  ModelHandle: handle,
  ModelName: 'PartsDetector',
  ModelVersion: '1.2.0',
  ModelMetrics: [{ Dimension: 'P95', MetricName: 'InferenceLatencyMs', Value: 12.5 }],
  Provider: 'cpu',
  Variant: 'model.int8.onnx',
  Golden: 'PASSED',
  ...changes,
});

const heartbeat = (changes: Partial<HeartbeatMessage> = {}): HeartbeatMessage => ({
  HeartbeatId: 'b7c1',
  Part: 1,
  Parts: 1,
  Timestamp: NOON,
  PeriodSeconds: 300,
  AgentVersion: '1.0.0',
  DeviceName: 'belt-7',
  DeviceFleetName: 'plant-2',
  ThingName: 'belt-7',
  AgentMetrics: [{ Dimension: 'Total', MetricName: 'Starts', Value: 3 }],
  Models: [],
  ...changes,
});

describe('a heartbeat message', () => {
  it('is read as it was written', () => {
    const written = heartbeat({ Models: [model('parts', { LatestInference: NOON - 2 })] });
    expect(heartbeatParts(written).map(parseHeartbeat)).toEqual([written]);
  });

  it('may have more fields than the reader knows', () => {
    expect(parseHeartbeat(Buffer.from(JSON.stringify({ ...heartbeat(), Mood: 'fine' })))).toEqual(heartbeat());
  });

  it.each([
    ['{', /JSON/],
    ['[]', /expected object/],
    [JSON.stringify({ ...heartbeat(), PeriodSeconds: 0 }), /PeriodSeconds/],
    [JSON.stringify({ ...heartbeat(), Models: [{ ModelName: 1 }] }), /Models\/0\/ModelHandle/],
  ])('is refused with the place that is wrong: %s', (text, reason) => {
    expect(() => parseHeartbeat(text)).toThrow(
      expect.objectContaining({
        code: 'heartbeat.invalid',
        message: expect.stringMatching(reason) as string,
      }) as Error,
    );
  });

  it('stays under 4 kB, however many models there are, and loses none', () => {
    const Models = Array.from({ length: 60 }, (_, index) => model(`model-${index}`, { ModelName: 'ü'.repeat(250) }));
    const reason = 'x'.repeat(5_000);
    const Device = {
      Nucleus: 'lite' as const,
      Providers: Array.from({ length: 8 }, () => 'p'.repeat(20)),
      DiskFreeBytes: 4e15,
    };
    const written = heartbeat({
      Models,
      Device,
      DeploymentResult: {
        DeploymentName: 'activate parts',
        DeploymentStatus: 'FAIL',
        DeploymentStatusMessage: reason,
        DeploymentModels: [{ ModelHandle: 'parts', Status: 'FAIL', StatusReason: reason }],
      },
    });
    const parts = heartbeatParts(written);
    expect(Math.max(...parts.map((part) => Buffer.byteLength(part)))).toBeLessThanOrEqual(MAX_HEARTBEAT_BYTES);
    const read = parts.map(parseHeartbeat);
    for (const order of [read, [...read].reverse()]) {
      const joined = order.reduce<HeartbeatMessage | undefined>(joinHeartbeat, undefined);
      expect(joined?.Models.map((one) => one.ModelHandle).sort()).toEqual(Models.map((one) => one.ModelHandle).sort());
      expect(joined).toMatchObject({
        AgentMetrics: written.AgentMetrics,
        Device,
        DeploymentResult: { DeploymentStatus: 'FAIL' },
      });
    }
  });

  it('takes the place of the one before', () => {
    const before = heartbeat({ Models: [model('old')] });
    const next = heartbeat({ HeartbeatId: 'next', Models: [model('new')] });
    expect(joinHeartbeat(before, next)).toBe(next);
  });
});

describe('row 116: presence of a device', () => {
  const received = Date.UTC(2026, 2, 1, 12);
  const working = heartbeat({
    Models: [
      model('busy', { LatestInference: NOON - 10, LatestSampleTime: NOON - 599 }),
      model('idle', { LatestInference: NOON - 601, LatestSampleTime: NOON - 86_400 }),
      model('new'),
    ],
  });

  it('counts it as connected until it has missed two heartbeats', () => {
    expect(presenceOf(working, received, received + 750_000).connected).toBe(true);
    expect(presenceOf(working, received, received + 750_001).connected).toBe(false);
  });

  it('tells which models work and sample, whatever the clock of the device says', () => {
    expect(presenceOf(working, received + 86_400_000, received + 86_400_000).models).toMatchObject([
      { modelHandle: 'busy', active: true, sampling: true },
      { modelHandle: 'idle', active: false, sampling: false },
      { modelHandle: 'new', active: false, sampling: false },
    ]);
  });

  it('counts nothing as at work on a device that is offline', () => {
    expect(presenceOf(working, received, received + 3_600_000).models[0]).toMatchObject({ active: false });
  });
});
