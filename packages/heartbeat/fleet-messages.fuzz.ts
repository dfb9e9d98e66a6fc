import { ok } from 'node:assert';
import type { FuzzTarget } from '../../testing/fuzz/fuzz-target.ts';
import { unlessRefused } from '../../testing/fuzz/fuzz-target.ts';
import { sampleModel } from '../../testing/cloud/sample-heartbeat.ts';
import { sampleState } from '../../testing/cloud/sample-state.ts';
import { readDeviceState, readServes, servesOf } from './device-state.ts';
import { parseHeartbeat } from './heartbeat-message.ts';
import { heartbeatParts, joinHeartbeat } from './heartbeat-parts.ts';

const HEARTBEAT = {
  HeartbeatId: 'one',
  Part: 1,
  Parts: 1,
  Timestamp: 1_700_000_000,
  PeriodSeconds: 300,
  AgentVersion: '1.0.0',
  DeviceName: 'gate-7',
  DeviceFleetName: 'hall',
  ThingName: 'gate-7',
  AgentMetrics: [],
  Models: [sampleModel()],
};

const target: FuzzTarget = {
  about: 'what devices tell the fleet: heartbeats in the bucket, reported states in the index',
  dictionary: ['"Models":[', '"AgentMetrics":[', '"serves":"', '__proto__', '+active', '+sampling', '1e400', 'null'],
  seeds: () => [HEARTBEAT, sampleState()].map((value) => Uint8Array.from(Buffer.from(JSON.stringify(value)))),
  run(bytes) {
    const heartbeat = unlessRefused(() => parseHeartbeat(bytes));
    if (heartbeat) {
      const parts = heartbeatParts(heartbeat).map((part) => parseHeartbeat(part));
      const whole = parts.reduce<typeof heartbeat | undefined>((known, part) => joinHeartbeat(known, part), undefined);
      ok(whole !== undefined, 'a heartbeat was divided into nothing');
    }
    let reported: unknown;
    try {
      reported = JSON.parse(Buffer.from(bytes).toString());
    } catch {
      return;
    }
    const state = readDeviceState(reported);
    if (state) {
      const text = servesOf(readServes(state.serves));
      ok(servesOf(readServes(text)) === text, `"${text}" is read as something else`);
    }
  },
};
export default target;
