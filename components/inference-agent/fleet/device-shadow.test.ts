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
  deviceStateOf({ now: NOON, said: undefined, crashes: 0, device: { Nucleus: 'lite' }, models: [model()], ...changes });
const drifting = { state: 'drifting', drifts: [{ cause: 'world' }] } as unknown as StateModelFacts['drifts'][number];

describe('what a device says of itself', () => {
  it('is the same for as long as nothing changes', () => {
    expect(stateOf()).toEqual({
      at: NOON / 1_000,
      agent: expect.any(String) as string,
      state: 'OK',
      serves: 'PartsDetector=1.2.0+active',
      nucleus: 'lite',
      crashes: 0,
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
    const later = stateOf({ said, now: NOON + DAY_MS, models: [model({ drifts: [drifting] })] });
    expect(later.models['PartsDetector']?.driftSince).toBe(NOON / 1_000);
    expect(stateOf({ models: [model({ isRefused: true })] }).state).toBe('REFUSED');
    const failing = model({ life: { since: NOON, requests: 9, failurePercent: 20, p95Ms: undefined } });
    expect(stateOf({ models: [failing] }).state).toBe('FAILING');
  });

  it('tells when it crashed, not that it once had', () => {
    expect(stateOf({ crashes: 4 })).not.toHaveProperty('crashedAt');
    const said = stateOf({ crashes: 4 });
    const after = stateOf({ said, crashes: 5, now: NOON + 60_000 });
    expect(after.crashedAt).toBe(NOON / 1_000 + 60);
    expect(stateOf({ said: after, crashes: 5, now: NOON + DAY_MS }).crashedAt).toBe(after.crashedAt);
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
        compose: async (said) => stateOf({ said, now: clock.now(), models: rig.models }),
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
