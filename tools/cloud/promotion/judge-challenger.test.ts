import { describe, expect, it } from 'vitest';
import type { HeartbeatMessage, HeartbeatModel } from '#packages/heartbeat';
import { sampleHeartbeat, sampleMetric } from '../../../testing/cloud/sample-heartbeat.ts';
import { judgeStage } from './gate.ts';
import type { GateReport } from './gate.ts';
import { numbersOf, Observations } from './observations.ts';
import { checkPlan } from './promotion-plan.ts';

const NOW = 1_800_000_000_000;
const MB = 1_000_000;

type Challenger = NonNullable<HeartbeatModel['Challenger']>;
const COMPARED: Challenger = {
  ModelName: 'Street',
  ModelVersion: '2.0.0',
  Frames: 300,
  Agreed: 291,
  Failed: 0,
  P95Ms: 25,
  ChampionP95Ms: 20,
  MemoryBytes: 90 * MB,
};

function heartbeat(id: string, changes: Partial<HeartbeatModel> & { readonly memory?: number }): HeartbeatMessage {
  const { memory = 80 * MB, ...model } = changes;
  return sampleHeartbeat('t', {
    HeartbeatId: id,
    Timestamp: NOW / 1000,
    Models: [
      {
        ModelHandle: 'street',
        ModelName: 'Street',
        ModelVersion: '1.0.0',
        LatestInference: NOW / 1000,
        Golden: 'PASSED',
        ModelMetrics: [sampleMetric('Inferences', 'Count', 1_000), sampleMetric('Memory', 'Bytes', memory)],
        ...model,
      },
    ],
  });
}

/** One device that was done an hour ago and said this since, one heartbeat after the other. */
function judgeAfter(
  before: Parameters<typeof heartbeat>[1],
  gate: object,
  wanted: object,
  ...said: readonly Parameters<typeof heartbeat>[1][]
): GateReport {
  const observations = new Observations();
  const { gate: settings } = checkPlan(
    {
      name: 'one',
      components: { 'edgeml.challenger.Street': { componentVersion: '2.0.0' } },
      heartbeats: 's3://fleet/heartbeats',
      canary: { group: 'canary' },
      gate: { models: [{ name: 'Street', version: '2.0.0', ...wanted }], bakeMinutes: 30, ...gate },
    },
    'plan',
  );
  const reports = said.map((one, index) =>
    judgeStage({
      devices: [{ thing: 'gateway-1', status: 'SUCCEEDED', updatedAt: NOW - 3_600_000 }],
      heartbeats: new Map([['gateway-1', { heartbeat: heartbeat(`h${index}`, one), receivedAt: NOW }]]),
      observations,
      before: { 'gateway-1': numbersOf(heartbeat('before', before)) },
      settings,
      deployedAt: NOW - 3_660_000,
      now: NOW,
    }),
  );
  return reports.at(-1) as GateReport;
}

const judge = (wanted: object, ...said: readonly Parameters<typeof heartbeat>[1][]) =>
  judgeAfter({}, {}, wanted, ...said);

const challenger = { role: 'challenger', agreement: { minPercent: 95, minFrames: 250 } };
const beside = (changes: Partial<Challenger>) => ({ Challenger: { ...COMPARED, ...changes } });

describe('a challenger before the gate', () => {
  it('passes if it agrees with the model that serves, and is about as fast and as large', () => {
    const report = judge(challenger, beside({}));
    expect(report).toMatchObject({ verdict: 'passed' });
    expect(report.comparisons).toContainEqual({ what: 'Street: pictures compared with a challenger', now: 300 });
    expect(report.comparisons).toContainEqual({ what: 'Street: of these, both found the same on', now: 291 });
  });

  it.each([
    ['nobody runs it', {}, 'Street: no challenger of this name runs'],
    ['another version runs', beside({ ModelVersion: '1.9.0' }), 'the challenger is version 1.9.0, 2.0.0 is awaited'],
    ['it has seen little', beside({ Frames: 19, Agreed: 19 }), '19 of 20 pictures compared'],
    ['agreement needs more', beside({ Frames: 249, Agreed: 0 }), '249 of 250 pictures compared'],
  ])('is waited for while %s', (_, said, reason) => {
    const { verdict, findings } = judge(challenger, said);
    expect([verdict, findings[0]?.reason]).toEqual(['waiting', expect.stringContaining(reason) as string]);
  });

  it.each([
    [
      'differs too often',
      beside({ Agreed: 284 }),
      '1.0.0 and 2.0.0 agree on 284 of 300 pictures (94.6 %), at least 95 %',
    ],
    ['fails', beside({ Failed: 30 }), '30 of 330 pictures failed, at most 5 % may'],
    ['is slower', beside({ P95Ms: 31 }), 'p95 is 31 ms, 20 ms of the model that serves; 50 % more are allowed'],
    [
      'is larger',
      beside({ MemoryBytes: 121 * MB }),
      'its processes take 121 MB, 80 MB of the model that serves; 50 % more',
    ],
  ])('fails if it %s, and the verdict says so with the numbers', (_, said, reason) => {
    const report = judge(challenger, said);
    expect(report.verdict).toBe('failed');
    expect(report.reason).toContain('1 of 1 devices are not healthy; 100 % must be. gateway-1: Street: ');
    expect(report.reason).toContain(reason);
  });

  it('adds up what heartbeats count, as long as both models stay the same', () => {
    const half = beside({ Frames: 150, Agreed: 150 });
    expect(judge(challenger, half, half).verdict).toBe('passed');
    expect(judge(challenger, half, { ...half, ModelVersion: '1.1.0' }).verdict).toBe('waiting');
  });

  it('may also be the version before, which a new one must agree with', () => {
    const serves = { agreement: { minPercent: 95, minFrames: 250 } };
    const now = (changes: Partial<Challenger>) => ({
      ModelVersion: '2.0.0',
      Challenger: { ...COMPARED, ModelVersion: '1.0.0', ...changes },
    });
    expect(judge(serves, now({})).verdict).toBe('passed');
    expect(judge(serves, now({ Agreed: 100 })).reason).toContain('2.0.0 and 1.0.0 agree on 100 of 300 pictures');
    expect(judge(serves, { ModelVersion: '2.0.0' })).toMatchObject({
      verdict: 'waiting',
      findings: [{ reason: 'Street: no challenger to agree with' }],
    });
  });
});

describe('the memory of a model before the gate', () => {
  it('is compared with the version before and with the bound of the plan', () => {
    expect(judge({}, { ModelVersion: '2.0.0', memory: 121 * MB }).reason).toContain(
      'its processes take 121 MB, 80 MB before; 50 % more are allowed',
    );
    expect(judge({ maxMemoryMb: 90 }, { ModelVersion: '2.0.0', memory: 91 * MB }).reason).toContain(
      'its processes take 91 MB, at most 90 MB allowed',
    );
    expect(judge({}, { ModelVersion: '2.0.0' }).verdict).toBe('passed');
  });
});

describe('drift before the gate', () => {
  const drift = {
    Service: 'Street',
    State: 'DRIFTING' as const,
    Images: 500,
    WeakBaseline: false,
    Causes: [{ Cause: 'WORLD' as const, Reason: 'classes' }],
    Nearest: { Feature: 'class of detections', Measure: 'psi', Ratio: 2.5 },
  };
  const drifting = { ModelVersion: '2.0.0', Drift: [drift] };

  it('fails a service that drifts and did not before, with the numbers', () => {
    expect(judge({}, drifting).reason).toContain(
      'Street: Street drifts (classes) over 500 pictures: class of detections is 2.5 times its threshold, and did not before',
    );
  });

  it('asks whether it drifted before, as the plan says', () => {
    const { ModelVersion: _version, ...before } = drifting;
    expect(judgeAfter(before, {}, {}, drifting).verdict).toBe('passed');
    expect(judgeAfter(before, { drift: 'any' }, {}, drifting).verdict).toBe('failed');
    expect(judge({}, { ...drifting, ModelVersion: '2.0.0' }).verdict).toBe('failed');
    expect(judgeAfter({}, { drift: 'off' }, {}, drifting).verdict).toBe('passed');
  });

  it('forgives a camera that changed, and a service that is steady again', () => {
    const camera = { ...drift, Causes: [{ Cause: 'CAMERA' as const, Reason: 'dark' }] };
    expect(judge({}, { ModelVersion: '2.0.0', Drift: [camera] }).verdict).toBe('passed');
    expect(judge({}, { ModelVersion: '2.0.0', Drift: [{ ...drift, State: 'STEADY' }] }).verdict).toBe('passed');
  });
});
