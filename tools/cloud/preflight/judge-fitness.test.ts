import { describe, expect, it } from 'vitest';
import type { HeartbeatDevice } from '#packages/heartbeat';
import { sampleHeartbeat } from '../../../testing/cloud/sample-heartbeat.ts';
import { checkPlan } from '../promotion/promotion-plan.ts';
import { judgeFitness } from './judge-fitness.ts';
import type { Fitness } from './judge-fitness.ts';

const NOW = 1_800_000_000_000;
const MB = 1_000_000;
const ROOMY: HeartbeatDevice = {
  Nucleus: 'java',
  Platform: 'linux',
  Architecture: 'arm64',
  Providers: ['cpu'],
  DiskFreeBytes: 1_000 * MB,
  MemoryAvailableBytes: 1_000 * MB,
};
const BOTH = [
  { os: 'linux', runtime: 'aws_nucleus_lite' },
  { os: 'linux', runtime: '*' },
];

interface Said {
  readonly device?: HeartbeatDevice | undefined;
  readonly version?: string;
  readonly running?: string;
  readonly receivedAt?: number;
  readonly platforms?: readonly Record<string, string>[];
  readonly provider?: string;
  readonly memoryMb?: number;
}

/** A zip of 100 MB with 150 MB in it, 120 of them the model. */
function judge(said: Said = {}): Fitness {
  const { version = '1.0.0', running = 'cpu', receivedAt = NOW, platforms = BOTH, provider, memoryMb } = said;
  const heartbeat = sampleHeartbeat('t', {
    Timestamp: NOW / 1000,
    Models: [{ ModelHandle: 's', ModelName: 'Street', ModelVersion: version, ModelMetrics: [], Provider: running }],
    ...('device' in said ? (said.device ? { Device: said.device } : {}) : { Device: ROOMY }),
  });
  const { gate, preflight } = checkPlan(
    {
      name: 'one',
      components: { 'edgeml.model.Street': { componentVersion: '2.0.0' } },
      heartbeats: 's3://fleet/heartbeats',
      canary: { group: 'canary' },
      gate: { models: [{ name: 'Street', version: '2.0.0', ...(provider === undefined ? {} : { provider }) }] },
      preflight: memoryMb === undefined ? {} : { memoryMb },
    },
    'plan',
  );
  const size = { bytes: 100 * MB, unpackedBytes: 150 * MB, largestModelBytes: 120 * MB };
  const needs = [
    {
      component: 'edgeml.model.Street',
      version: '2.0.0',
      manifests: platforms.map((platform) => ({ platform, size })),
    },
  ];
  return judgeFitness('gw', { heartbeat, receivedAt }, { needs, models: gate.models, settings: preflight, now: NOW });
}

describe('judgeFitness', () => {
  it.each([
    ['disk for zip, unpacked files and the reserve', { DiskFreeBytes: 270 * MB }],
    ['memory for the model twice and the rest of a worker', { MemoryAvailableBytes: 240 * MB + 80 * 1024 ** 2 }],
    ['nucleus lite, if there is a manifest for it', { Nucleus: 'lite' as const }],
  ])('takes a device with just enough %s', (_, change) => {
    expect(judge({ device: { ...ROOMY, ...change } })).toEqual({ thing: 'gw', verdict: 'fits' });
  });

  it.each([
    ['disk', { device: { ...ROOMY, DiskFreeBytes: 270 * MB - 1 } }, '270 MB of its disk are free'],
    [
      'memory',
      { device: { ...ROOMY, MemoryAvailableBytes: 300 * MB } },
      '300 MB of its memory are available; the model takes at least 324 MB',
    ],
    [
      'memory of the plan',
      { memoryMb: 1_500 },
      '1000 MB of its memory are available; the model takes at least 1500 MB',
    ],
    ['the provider', { provider: 'cuda' }, 'it tries models on cpu; Street must run on cuda'],
    [
      'a manifest for its nucleus',
      { device: { ...ROOMY, Nucleus: 'lite' as const }, platforms: [{ os: 'linux' }] },
      'no manifest for linux arm64 with nucleus lite (runtime aws_nucleus_lite)',
    ],
    [
      'a manifest for its system',
      { platforms: [{ os: 'windows' }] },
      'no manifest for linux arm64 with the Java nucleus',
    ],
  ])('names what a device lacks: %s', (_, said: Said, reason) => {
    const found = judge(said);
    expect([found.verdict, found.reason]).toEqual(['unfit', expect.stringContaining(reason)]);
  });

  it('lets attributes pass that only the nucleus knows, and a provider that a model runs on already', () => {
    const cuda = [{ os: 'linux', accelerator: 'cuda' }];
    expect(judge({ platforms: cuda, provider: 'tensorrt', running: 'tensorrt' }).verdict).toBe('fits');
  });

  it('asks nothing of a device that has the version', () => {
    expect(judge({ version: '2.0.0', device: { ...ROOMY, DiskFreeBytes: 0 } }).verdict).toBe('fits');
  });

  it.each([
    ['older agents', { device: undefined }, 'the heartbeats of agent 1.0.0 do not tell disk and memory'],
    ['offline devices', { receivedAt: NOW - 3_600_000 }, 'it is offline, and its last heartbeat is old'],
  ])('does not know of %s', (_, said: Said, reason) => {
    expect(judge(said)).toEqual({ thing: 'gw', verdict: 'unknown', reason });
  });
});
