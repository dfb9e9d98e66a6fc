import { beforeEach, describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import type { DeviceState } from '#packages/heartbeat';

import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { DeviceShadow } from './device-shadow.ts';
import { deviceStateOf } from './device-state.ts';
import type { StateFacts, StateModelFacts } from './device-state.ts';
import { ModelLife } from './model-life.ts';

const NOON = Date.UTC(2026, 2, 1, 12);
const DAY_MS = 86_400_000;
let clock: FakeClock;

beforeEach(() => {
  clock = new FakeClock(NOON);
});

const model = (changes: Partial<StateModelFacts> = {}): StateModelFacts => ({
  alias: 'parts',
  name: 'PartsDetector',
  version: '1.2.0',
  provider: 'cuda',
  golden: 'PASSED',
  isRefused: false,
  drifts: [],
  memoryBytes: 90_000_000,
  life: { since: NOON, requests: 37, failurePercent: 0, p95Ms: 41.26 },
  latest: { latestInference: NOON - 1_000, latestSample: NOON - 2 * 3_600_000 },
  ...changes,
});
const stateOf = (changes: Partial<StateFacts> = {}): DeviceState =>
  deviceStateOf({
    now: NOON,
    before: undefined,
    life: { starts: 1, crashes: 0 },
    device: { Nucleus: 'lite' },
    agent: { memoryBytes: 90_000_000, cpuPercent: 4.6 },
    models: [model()],
    ...changes,
  });
const drifting = { state: 'drifting', drifts: [{ cause: 'world' }] } as unknown as StateModelFacts['drifts'][number];

describe('what a device says of itself', () => {
  it('is the same for as long as nothing changes', () => {
    expect(stateOf()).toEqual({
      at: NOON / 1_000,
      agent: expect.any(String) as string,
      state: 'OK',
      serves: 'PartsDetector=1.2.0+active',
      nucleus: 'lite',
      starts: 1,
      crashes: 0,
      startTimes: {},
      crashTimes: {},
      agentMemoryMb: 90,
      agentCpuPercent: 5,
      challengers: {},
      models: {
        PartsDetector: {
          alias: 'parts',
          version: '1.2.0',
          provider: 'cuda',
          golden: 'PASSED',
          since: NOON / 1_000,
          requests: 20,
          failurePercent: 0,
          p95Ms: 41.3,
          memoryMb: 90,
        },
      },
    });
  });

  it('tells the worst of its models, and since when', () => {
    const said = stateOf({ models: [model({ drifts: [drifting] })] });
    expect(said).toMatchObject({ state: 'DRIFTING', models: { PartsDetector: { driftSince: NOON / 1_000 } } });
    const later = stateOf({ before: said, now: NOON + DAY_MS, models: [model({ drifts: [drifting] })] });
    expect(later.models['PartsDetector']?.driftSince).toBe(NOON / 1_000);
    expect(stateOf({ models: [model({ isRefused: true })] }).state).toBe('REFUSED');
    const failing = model({ life: { since: NOON, requests: 9, failurePercent: 20, p95Ms: undefined } });
    expect(stateOf({ models: [failing] }).state).toBe('FAILING');
  });

  it('tells when it started and crashed last, six times at most', () => {
    const first = stateOf({ life: { starts: 9, crashes: 4 } });
    expect(first).toMatchObject({ starts: 9, crashes: 4, startTimes: {}, crashTimes: {} });
    const at = NOON / 1_000;
    const again = stateOf({ before: first, life: { starts: 10, crashes: 5 }, now: NOON + 60_000 });
    expect(again).toMatchObject({ startTimes: { n1: at + 60 }, crashTimes: { n1: at + 60 } });
    // Two crashes between two looks.
    const loop = stateOf({ before: again, life: { starts: 12, crashes: 7 }, now: NOON + 120_000 });
    expect(loop.crashTimes).toEqual({ n1: at + 120, n2: at + 120, n3: at + 60 });
    expect(stateOf({ before: loop, life: { starts: 99, crashes: 7 } })).toMatchObject({
      startTimes: { n1: at, n6: at },
      crashTimes: loop.crashTimes,
    });
    // The state that an older agent left.
    const { starts: _starts, ...old } = first;
    expect(stateOf({ before: old, life: { starts: 9, crashes: 4 } }).startTimes).toEqual({});
  });

  it('compares a version with the one that served before, and the agent with itself', () => {
    const life = { since: NOON, requests: 100, failurePercent: 0, p95Ms: 60 };
    const before = stateOf({ agent: { memoryBytes: 80_000_000, cpuPercent: 1 } });
    const next = model({ version: '1.3.0', life, memoryBytes: 180_000_000 });
    const after = stateOf({ before, models: [next] });
    expect(after).toMatchObject({ formerAgentMemoryMb: 80, agentMemoryGrowthPercent: 13 });
    expect(after.models['PartsDetector']).toMatchObject({
      formerP95Ms: 41.3,
      formerMemoryMb: 90,
      p95GrowthPercent: 46,
      memoryGrowthPercent: 100,
    });
    // It stays the comparison for as long as the version serves.
    const slower = model({ version: '1.3.0', life: { ...life, p95Ms: 82.6 } });
    const later = stateOf({ before: after, models: [slower], agent: { memoryBytes: 88_000_000, cpuPercent: 1 } });
    expect(later.models['PartsDetector']).toMatchObject({ p95GrowthPercent: 100, memoryGrowthPercent: 0 });
    expect(later.agentMemoryGrowthPercent).toBe(10);
    // Too few requests on one side say nothing.
    const early = model({ version: '1.3.0', life: { ...life, requests: 19 } });
    expect(stateOf({ before, models: [early] }).models['PartsDetector']).not.toHaveProperty('p95GrowthPercent');
  });

  it('tells how a challenger compares with the model that serves', () => {
    const latency = { champion: { p95Ms: 40 }, challenger: { p95Ms: 50 } };
    const challenger = { name: 'Next', version: '2.0.0', frames: 260, agreed: 253, failed: 13, latency };
    const state = stateOf({ models: [model({ challenger: { ...challenger, memoryBytes: 99_000_000 } })] });
    expect(state.models['PartsDetector']).toMatchObject({ frames: 200, agreedPercent: 97.3 });
    const told = {
      alias: 'parts',
      version: '2.0.0',
      champion: 'PartsDetector',
      championVersion: '1.2.0',
      since: NOON / 1_000,
      frames: 200,
      agreedPercent: 97.3,
      requests: 200,
      failurePercent: 5,
      p95Ms: 50,
      memoryMb: 99,
      p95GrowthPercent: 25,
      memoryGrowthPercent: 10,
    };
    expect(state.challengers).toEqual({ Next: told });
    const later = { before: state, now: NOON + DAY_MS };
    expect(stateOf({ ...later, models: [model({ challenger })] }).challengers['Next']?.since).toBe(told.since);
    const other = [model({ version: '1.3.0', challenger })];
    expect(stateOf({ ...later, models: other }).challengers['Next']?.since).toBe(told.since + DAY_MS / 1_000);
  });

  it('keeps two aliases of one model apart', () => {
    const { models } = stateOf({ models: [model(), model({ alias: 'second', version: '2.0.0' })] });
    expect(Object.keys(models)).toEqual(['PartsDetector', 'PartsDetector:second']);
  });
});

describe('the life of a version', () => {
  it('remembers the last requests only', () => {
    const life = new ModelLife('1.0.0', clock);
    for (let index = 0; index < 600; index++) life.failed();
    expect([life.requests, life.failurePercent, life.p95Ms]).toEqual([600, 100, undefined]);
    for (let index = 1; index <= 500; index++) life.answered(index);
    expect([life.requests, life.failurePercent, life.p95Ms]).toEqual([1_100, 2, 475]);
  });
});

describe('the shadow of a device', () => {
  const rig = () => {
    const sent: { at: number; update: string }[] = [];
    let kept: string | undefined;
    const memory = { read: async () => kept, keep: async (text: string) => void (kept = text) };
    const rig = { period: 86_400, models: [model()], isOnline: true, sent };
    const open = (): DeviceShadow =>
      new DeviceShadow({
        memory,
        periodSeconds: () => rig.period,
        isWanted: async () => true,
        compose: async (before) => stateOf({ before, now: clock.now(), models: rig.models }),
        publish: async (update) => {
          if (!rig.isOnline) throw new Error('offline');
          sent.push({ at: (clock.now() - NOON) / 1_000, update });
        },
        clock,
        random: () => 0.5,
        log: silentLogger,
      });
    return Object.assign(rig, { open });
  };

  it('is told at the start, at a change within a minute, and once in the long period', async () => {
    const one = rig();
    const { sent } = one;
    const shadow = one.open();
    shadow.start();
    await clock.advance(3_600_000);
    // All that lay there before goes first.
    expect(sent.map(({ at }) => at)).toEqual([30, 30]);
    one.models = [model({ version: '1.3.0' })];
    await clock.advance(60_000);
    expect(sent).toHaveLength(3);
    expect(sent.at(-1)?.update).toContain('"1.3.0"');
    // Reports come at most a fifth of the period early; with this random number a tenth.
    await clock.advance(0.85 * DAY_MS);
    expect(sent).toHaveLength(3);
    await clock.advance(0.06 * DAY_MS);
    shadow.stop();
    expect(sent).toHaveLength(4);
    expect(clock.pending).toBe(0);
  });

  it('tells nothing again after a restart, and what it could not tell at the next look', async () => {
    const one = rig();
    const first = one.open();
    first.start();
    await clock.advance(60_000);
    first.stop();
    const again = one.open();
    again.start();
    await clock.advance(600_000);
    expect(one.sent).toHaveLength(2);
    one.isOnline = false;
    one.models = [];
    await clock.advance(600_000);
    one.isOnline = true;
    await clock.advance(60_000);
    again.stop();
    expect(one.sent).toHaveLength(3);
    expect(one.sent.at(-1)?.update).toContain('"models":{"PartsDetector":null}');
  });

  it('is not told with a period of 0, and is again after that', async () => {
    const one = rig();
    one.period = 0;
    const shadow = one.open();
    shadow.start();
    await clock.advance(DAY_MS);
    expect(one.sent).toHaveLength(0);
    one.period = 3_600;
    shadow.start();
    await clock.advance(60_000);
    shadow.stop();
    expect(one.sent).toHaveLength(2);
  });
});
