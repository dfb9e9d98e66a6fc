import { describe, expect, it } from 'vitest';

import { readDeviceState, readServes, roundedDown, servesOf } from './device-state.ts';
import type { ChallengerState, DeviceState, ModelState } from './device-state.ts';
import { fittingState, isNews, MAX_STATE_BYTES, stateUpdates } from './state-update.ts';

const model = (changes: Partial<ModelState> = {}): ModelState => ({
  alias: 'parts',
  version: '1.2.0',
  provider: 'cpu',
  golden: 'PASSED',
  since: 1_690_000_000,
  requests: 500,
  failurePercent: 1,
  p95Ms: 40,
  memoryMb: 120,
  ...changes,
});

const state = (changes: Partial<DeviceState> = {}): DeviceState => ({
  at: 1_700_000_600,
  agent: '1.0.0',
  state: 'OK',
  serves: 'PartsDetector=1.2.0+active',
  diskFreeMb: 8_000,
  starts: 1,
  crashes: 0,
  startTimes: {},
  crashTimes: {},
  models: { PartsDetector: model() },
  challengers: {},
  ...changes,
});

const challenger: ChallengerState = {
  alias: 'parts',
  version: '1.3.0',
  champion: 'PartsDetector',
  championVersion: '1.2.0',
  since: 1_700_000_000,
  frames: 200,
  agreedPercent: 97.5,
  requests: 200,
  failurePercent: 0,
};

/** A shadow as AWS IoT keeps it: documents are joined, and null takes away. */
function joined(shadow: unknown, update: unknown): unknown {
  if (typeof update !== 'object' || update === null) return update ?? undefined;
  const before = typeof shadow === 'object' && shadow !== null ? shadow : {};
  const all = Object.entries({ ...before, ...update }).map(([name, value]) => [
    name,
    name in update ? joined(before[name as never], update[name as never]) : value,
  ]);
  return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as unknown;
}

const reportedBy = (updates: readonly string[], shadow: unknown = undefined): unknown =>
  updates.reduce((known, text) => joined(known, JSON.parse(text)), shadow);

describe('the state of a device', () => {
  it('leaves in the shadow what it is, whatever lay there before', () => {
    const old = state({
      models: { Old: model(), PartsDetector: model({ driftSince: 1 }) },
      crashTimes: { n1: 5 },
      agentCpuPercent: 9,
    });
    const now = state();
    for (const before of [{ state: { reported: { strange: { deep: 1 } } } }, undefined])
      expect(reportedBy(stateUpdates(undefined, now), before)).toEqual({ state: { reported: now } });
    expect(reportedBy(stateUpdates(old, now), { state: { reported: old } })).toEqual({ state: { reported: now } });
  });

  it('is not news while numbers waver, and is news when one has changed by half', () => {
    const said = state();
    expect(isNews(said, state({ at: 9e9, diskFreeMb: 7_000 }))).toBe(false);
    expect(isNews(said, state({ models: { PartsDetector: model({ p95Ms: 59, failurePercent: 3 }) } }))).toBe(false);
    expect(isNews(said, state({ models: { PartsDetector: model({ p95Ms: 61 }) } }))).toBe(true);
    expect(isNews(said, state({ models: { PartsDetector: model({ failurePercent: 4 }) } }))).toBe(true);
    expect(isNews(said, state({ models: { PartsDetector: model({ version: '1.2.1' }) } }))).toBe(true);
    expect(isNews(said, state({ models: {} }))).toBe(true);
    expect(isNews(said, state({ diskFreeMb: 5_000 }))).toBe(true);
  });

  it('tells smaller changes while a version is young: it is being judged then', () => {
    const since = state().at - 3_600;
    const young = (changes: Partial<ModelState> = {}): DeviceState =>
      state({ models: { PartsDetector: model({ since, ...changes }) } });
    expect(isNews(young(), young({ p95Ms: 44 }))).toBe(false);
    expect(isNews(young(), young({ p95Ms: 46 }))).toBe(true);
    const grown = (p95GrowthPercent: number, since: number): DeviceState => young({ p95GrowthPercent, since });
    expect([6, 19, 20].map((now) => isNews(grown(0, 1), grown(now, 1)))).toEqual([false, false, true]);
    expect([4, 5].map((now) => isNews(grown(0, since), grown(now, since)))).toEqual([false, true]);
    const agreed = (agreedPercent: number): DeviceState =>
      state({ models: { PartsDetector: model({ agreedPercent }) } });
    expect([97, 95.9].map((now) => isNews(agreed(99.9), agreed(now)))).toEqual([false, true]);
  });

  it('stays under 4 kB with any number of models, those that fail told first', () => {
    const many = Array.from({ length: 80 }, (_, index) => [`Model${index}`, model({ failurePercent: index })] as const);
    const told = fittingState(state({ serves: 'x'.repeat(9_000), models: Object.fromEntries(many) }));
    expect(Object.keys(told.models)).toContain('Model79');
    expect(fittingState(state({ models: {}, challengers: { Next: challenger } })).challengers).toEqual({
      Next: challenger,
    });
    const gone = fittingState(state({ models: {} }));
    for (const updates of [stateUpdates(undefined, told), stateUpdates(told, gone), stateUpdates(gone, told)])
      for (const update of updates) expect(Buffer.byteLength(update)).toBeLessThanOrEqual(MAX_STATE_BYTES);
  });

  it('is read as it was written, and nothing else is', () => {
    expect(readDeviceState(JSON.parse(JSON.stringify(state())))).toEqual(state());
    expect(readDeviceState({ ...state(), Mood: 'fine' })).toEqual(state());
    for (const other of [null, {}, { ...state(), state: 'FINE' }, 'x']) expect(readDeviceState(other)).toBeUndefined();
  });

  it('names what it serves in one text that reads back', () => {
    const served = [
      { name: 'B', version: '2.0.0', active: false, sampling: false },
      { name: 'A', version: '1.0.0-rc.1', active: true, sampling: true },
    ];
    expect(servesOf(served)).toBe('A=1.0.0-rc.1+active+sampling B=2.0.0');
    expect(readServes(servesOf(served))).toEqual([served[1], served[0]]);
    expect(readServes('')).toEqual([]);
  });

  it('counts requests in steps', () => {
    expect([0, 1, 4, 19, 20, 99, 999, 12_345].map(roundedDown)).toEqual([0, 1, 2, 10, 20, 50, 500, 10_000]);
  });
});
