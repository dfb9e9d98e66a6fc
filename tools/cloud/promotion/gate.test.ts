import { describe, expect, it } from 'vitest';
import type { HeartbeatMessage } from '#packages/heartbeat';
import { sampleHeartbeat, sampleMetric } from '../../../testing/cloud/sample-heartbeat.ts';
import { judgeStage } from './gate.ts';
import type { GateReport } from './gate.ts';
import { numbersOf, Observations } from './observations.ts';
import type { DeviceNumbers } from './observations.ts';
import { checkPlan } from './promotion-plan.ts';
import type { GateSettings } from './promotion-plan.ts';

const NOW = 1_800_000_000_000;
const MINUTE = 60_000;

interface Said {
  readonly version?: string;
  readonly inferences?: number;
  readonly failures?: number;
  readonly p95?: number;
  readonly starts?: number;
  readonly crashes?: number;
  readonly memory?: number;
  readonly cpu?: number;
  readonly id?: string;
}

function heartbeat(said: Said = {}): HeartbeatMessage {
  const { version = '2.0.0', inferences = 100, failures = 0, p95 = 20, starts = 1, crashes = 0 } = said;
  return sampleHeartbeat('t', {
    HeartbeatId: said.id ?? 'one',
    Timestamp: NOW / 1000,
    AgentMetrics: [
      sampleMetric('Starts', 'Total', starts),
      sampleMetric('Crashes', 'Total', crashes),
      sampleMetric('Memory', 'Bytes', said.memory ?? 100e6),
      sampleMetric('Cpu', 'Percent', said.cpu ?? 30),
    ],
    Models: [
      {
        ModelHandle: 'street',
        ModelName: 'Street',
        ModelVersion: version,
        LatestInference: NOW / 1000,
        Golden: 'PASSED',
        ModelMetrics: [
          sampleMetric('Inferences', 'Count', inferences),
          sampleMetric('Failures', 'Count', failures),
          sampleMetric('InferenceLatencyMs', 'P95', p95),
        ],
      },
    ],
  });
}

function settings(gate: object = {}): GateSettings {
  const models = [{ name: 'Street', version: '2.0.0' }];
  const components = { 'edgeml.model.Street': { componentVersion: '2.0.0' } };
  const plan = { name: 'one', components, heartbeats: 's3://fleet/heartbeats', canary: { group: 'canary' } };
  return checkPlan({ ...plan, gate: { models, bakeMinutes: 0, ...gate } }, 'plan').gate;
}

const BEFORE = numbersOf(heartbeat({ version: '1.0.0' }));

/** One device that was done an hour ago and said this since. */
function judge(
  said: Said | readonly Said[],
  gate: object = {},
  before: DeviceNumbers | undefined = BEFORE,
): GateReport {
  const observations = new Observations();
  const all = [said].flat();
  const reports = all.map((one, index) =>
    judgeStage({
      devices: [{ thing: 'gateway-1', status: 'SUCCEEDED', updatedAt: NOW - 60 * MINUTE }],
      heartbeats: new Map([['gateway-1', { heartbeat: heartbeat({ id: `h${index}`, ...one }), receivedAt: NOW }]]),
      observations,
      ...(before ? { before: { 'gateway-1': before } } : {}),
      settings: settings(gate),
      deployedAt: NOW - 61 * MINUTE,
      now: NOW,
    }),
  );
  return reports.at(-1) as GateReport;
}

describe('judgeStage', () => {
  it('passes a device that does as well as before', () => {
    expect(judge({})).toMatchObject({ verdict: 'passed', healthy: 1 });
    expect(judge({}, {}, undefined)).toMatchObject({ verdict: 'passed' });
  });

  it.each([
    ['every second request fails', { inferences: 100, failures: 100 }, '100 of 200 requests failed, at most 5 % may'],
    ['nothing but failures', { inferences: 0, failures: 40 }, '40 of 40 requests failed'],
    ['the agent crashed', { crashes: 1 }, 'the agent crashed once since, at most 0 allowed'],
    ['the agent starts again and again', { starts: 4 }, 'the agent started 3 times since, at most 2 allowed'],
    ['it takes more memory', { memory: 160e6 }, 'the agent takes 160 MB, 100 MB before; 50 % more are allowed'],
    ['it is slower', { p95: 31 }, 'p95 is 31 ms, 20 ms before; 50 % more are allowed'],
  ])('fails when %s', (_, said, reason) => {
    const { verdict, findings } = judge(said);
    expect([verdict, findings[0]?.reason]).toEqual(['failed', expect.stringContaining(reason) as string]);
  });

  it('takes bounds from the plan', () => {
    expect(judge({ cpu: 80 }, { maxCpuPercent: 60 }).findings[0]?.reason).toContain('80 % of a core');
    expect(judge({ memory: 120e6 }, { maxMemoryMb: 110 }).findings[0]?.reason).toContain('at most 110 MB');
    expect(judge({ inferences: 100, failures: 100 }, { maxFailurePercent: 50 }).verdict).toBe('passed');
    expect(judge({ crashes: 1 }, { maxCrashes: 1 }).verdict).toBe('passed');
  });

  it('judges no failure and no latency by fewer requests than the plan wants', () => {
    const few = judge({ inferences: 9, failures: 3 });
    expect(few).toMatchObject({ verdict: 'waiting', findings: [{ reason: 'Street: 12 of 20 requests seen' }] });
  });

  it('adds up heartbeats, and counts none twice', () => {
    expect(judge([{ inferences: 15 }, { inferences: 15 }]).verdict).toBe('passed');
    expect(
      judge([
        { inferences: 15, id: 'same' },
        { inferences: 15, id: 'same' },
      ]).verdict,
    ).toBe('waiting');
    // Failures of an earlier heartbeat are not forgotten.
    expect(judge([{ inferences: 20, failures: 5 }, { inferences: 20 }]).verdict).toBe('failed');
  });

  it('does not compare with a version that hardly ran', () => {
    const idle = numbersOf(heartbeat({ version: '1.0.0', inferences: 3, p95: 1 }));
    expect(judge({ p95: 31 }, {}, idle).verdict).toBe('passed');
  });

  it('waits until a device was healthy for long enough', () => {
    const report = judge({}, { bakeMinutes: 90 });
    expect(report).toMatchObject({ verdict: 'waiting', findings: [{ reason: 'healthy for 60 of 90 minutes' }] });
  });

  const stage = (statuses: readonly string[], gate: object = {}): GateReport =>
    judgeStage({
      devices: statuses.map((status, index) => ({ thing: `g-${index}`, status })),
      heartbeats: new Map(
        statuses.flatMap((status, index) =>
          status === 'SUCCEEDED' ? [[`g-${index}`, { heartbeat: heartbeat(), receivedAt: NOW }] as const] : [],
        ),
      ),
      settings: settings(gate),
      deployedAt: NOW - MINUTE,
      now: NOW,
    });

  it('does not take one device of five for all of them, unless the plan says so', () => {
    const statuses = ['SUCCEEDED', 'QUEUED', 'QUEUED', 'QUEUED', 'QUEUED'];
    expect(stage(statuses)).toMatchObject({
      verdict: 'waiting',
      reason: 'only 1 of 5 devices can be reached; 50 % must be (gate.minReachablePercent)',
    });
    expect(stage(statuses, { minReachablePercent: 20 }).verdict).toBe('passed');
  });

  it('does not pass before a rollout has come to every device, and fails as soon as it cannot pass', () => {
    expect(stage(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED', 'PENDING'], { quorumPercent: 50 })).toMatchObject({
      verdict: 'waiting',
      reason: 'the rollout has not reached 1 of 4 devices',
    });
    expect(stage(['FAILED', 'FAILED', 'SUCCEEDED', 'PENDING'], { quorumPercent: 90 }).verdict).toBe('failed');
  });

  it('shows the numbers of the stage beside those of before', () => {
    const rows = new Map(judge({ p95: 25, failures: 1 }).comparisons?.map((row) => [row.what, row]));
    expect(rows.get('Street: p95 of the median device, ms')).toMatchObject({ now: 25, before: 20 });
    expect(rows.get('Street: failed requests')).toMatchObject({ now: 1, before: 0 });
    expect(rows.get('agent: memory of the median device, MB')).toMatchObject({ now: 100, before: 100 });
  });
});
