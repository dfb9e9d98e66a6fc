import { expect, it } from 'vitest';
import { parseHeartbeat } from '#packages/heartbeat';
import { sampleHeartbeat, sampleModel } from '../../../testing/cloud/sample-heartbeat.ts';
import { Recording, replayed } from './replayed.ts';

const heard = (thing: string, version: string, at = 1_780_000_000) =>
  sampleHeartbeat(thing, {
    Timestamp: at,
    Models: [sampleModel({ ModelName: 'Parts', ModelVersion: version, LatestInference: at - 7 })],
  });

it('moves a heartbeat to another device and time, and leaves all else as it was measured', () => {
  const original = heard('belt-1', '1.0.0');
  const moved = replayed(original, 'ring-1-5', 1_780_000_060_500);
  expect(parseHeartbeat(JSON.stringify(moved))).toMatchObject({
    ThingName: 'ring-1-5',
    DeviceName: 'ring-1-5',
    Timestamp: 1_780_000_060,
    AgentMetrics: original.AgentMetrics,
  });
  expect(moved.Models[0]).toEqual({ ...original.Models[0], LatestInference: 1_780_000_053 });
  expect(moved.HeartbeatId).not.toBe(original.HeartbeatId);
});

it('gives devices in turn what agents with their version have said last', () => {
  const recording = new Recording('Parts');
  recording.add(heard('belt-1', '1.0.0', 1_780_000_000));
  recording.add(heard('belt-1', '1.0.0', 1_780_000_060));
  recording.add(heard('belt-2', '1.0.0'));
  recording.add(heard('press-1', '1.2.0'));
  const said = [0, 1, 2].map((number) => recording.of('1.0.0', number));
  expect(said.map((one) => [one?.ThingName, one?.Timestamp])).toEqual([
    ['belt-1', 1_780_000_060],
    ['belt-2', 1_780_000_000],
    ['belt-1', 1_780_000_060],
  ]);
  expect(recording.of('1.2.0', 5)?.ThingName).toBe('press-1');
  expect(recording.of('1.1.0', 0)).toBeUndefined();
});
