import type { PromotionState } from '../../tools/cloud/promotion/promotion-state.ts';
import type { Alarm } from '../../tools/loop-demo/fleet/factory.ts';
import type { DemoResult } from '../../tools/loop-demo/result.ts';
import { REAL_DEVICES } from '../../tools/loop-demo/settings.ts';

/** A run of the demo in which all went well. */
export function sampleResult(): DemoResult {
  const changing = REAL_DEVICES.filter(({ line }) => line === 'changing');
  const alarm = (scene: Alarm['scene'], changes: Partial<Alarm>): readonly Alarm[] =>
    changing.map(({ thing, line }) => ({
      ...{ thing, line, scene, version: '1.0.0', value: 1, threshold: 0.5, minutes: 33, pictures: 120 },
      ...{ cause: 'camera', reason: 'dark', feature: 'brightness', ...changes },
    }));
  return {
    seed: 1,
    steps: [{ name: 'Train', seconds: 120 }],
    devices: { real: 5, all: 200 },
    pictures: 9_000,
    minutes: { observed: 600, all: 900 },
    alarms: [...alarm('light', {}), ...alarm('part', { cause: 'world', reason: 'scores', feature: 'confidence' })],
    scenes: [
      { scene: 'known', minutes: 0 },
      { scene: 'light', minutes: 240 },
    ],
    points: [
      { minutes: 10, thing: 'belt-1', ratio: 0.2 },
      { minutes: 250, thing: 'belt-1', ratio: 2 },
    ],
    falseAlarms: { streams: 1_000, deviceYears: 90, alarms: 20, perYear: 0.22, perYearAtMost: 0.32 },
    samples: { count: 200, bytes: 9e6, byThing: { 'belt-1': 70 }, byReason: { 'as unusual as …': 200 } },
    training: { pictures: 300, steps: 200, losses: [2, 1] },
    accuracy: {
      before: { known: { map: 0.94, classes: {} }, light: { map: 0.6, classes: {} }, part: { map: 0.7, classes: {} } },
      after: {
        known: { map: 0.93, classes: {} },
        light: { map: 0.8, classes: {} },
        part: { map: 0.88, classes: { gear: 0.95, 'wing-nut': 0.85 } },
      },
    },
    twin: 'All 9 checks passed',
    bad: {
      state: stateOf('challenger-1.1.0', 'failed', { canary: 'rolled-back' }),
      seconds: 40,
      minutes: 28,
      stillRuns: 0,
    },
    challenger: stateOf('challenger-1.2.0', 'done', { canary: 'passed' }),
    good: stateOf('model-1.2.0', 'done', { canary: 'passed', 'ring-1': 'passed' }),
    serving: { '1.2.0': 200 },
    violations: [],
  };
}

function stateOf(
  name: string,
  status: PromotionState['status'],
  stages: Readonly<Record<string, PromotionState['stages'][number]['status']>>,
): PromotionState {
  const reason = '1.0.0 and 1.1.0 agree on 3 of 100 pictures (3 %), at least 50 % must be';
  return {
    schemaVersion: 1,
    name,
    planDigest: 'digest',
    status,
    stages: Object.entries(stages).map(([group, stage]) => ({
      group,
      status: stage,
      report: {
        verdict: stage === 'passed' ? 'passed' : 'failed',
        ...{ healthy: 1, unhealthy: 1, waiting: 0, offline: 0, reason: 'of <2> devices' },
        findings: stage === 'passed' ? [] : [{ thing: 'press-1', verdict: 'unhealthy', reason }],
      },
    })),
  };
}
