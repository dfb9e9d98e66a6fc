import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceState, ModelState } from '#packages/heartbeat';
import { startAwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { publishSamples } from '../../testing/cloud/publish-samples.ts';
import { INDEXED, putIndexed, sampleModelState, sampleState } from '../../testing/cloud/sample-state.ts';
import { WarpClock } from '../../testing/cloud/warp-clock.ts';
import { TEST_KEYS } from '../../testing/object-store/s3-server.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { runHere } from '../../testing/package/in-process.ts';
import type { CloudClients } from '../../tools/cloud/clients.ts';
import { connectCloud } from '../../tools/cloud/clients.ts';
import { planDeployment, sendDeployment } from '../../tools/cloud/deployments/deploy.ts';
import { findTarget } from '../../tools/cloud/deployments/target.ts';
import { approvalToken } from '../../tools/cloud/promotion/approval.ts';
import { promote } from '../../tools/cloud/promotion/promote.ts';
import { checkPlan } from '../../tools/cloud/promotion/promotion-plan.ts';
import type { PromotionState } from '../../tools/cloud/promotion/promotion-state.ts';
import { stateStore } from '../../tools/cloud/promotion/promotion-state.ts';

const { signal } = new AbortController();
const GATE = {
  models: [{ name: 'PartsDetector', version: '1.1.0', provider: 'cpu', maxP95Ms: 50, maxMemoryMb: 200 }],
  quorumPercent: 90,
  bakeMinutes: 10,
};
const DOCUMENT = {
  name: 'detector-1.1.0',
  components: { 'test.Model': { componentVersion: '1.1.0' } },
  canary: { group: 'canary' },
  waves: [{ group: 'wave-1' }],
  gate: GATE,
};

describe('promote by the fleet index', await needs(awsModels), () => {
  let aws: AwsStandIn;
  let clients: CloudClients;
  let folder: string;
  let clock: WarpClock;
  /** How a device that has the new version differs from the usual one. */
  let odd: (thing: string) => { state?: Partial<DeviceState>; model?: Partial<ModelState>; connected?: boolean };

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-index-promote-'));
    aws = await startAwsStandIn('components');
    clients = await connectCloud({ region: 'us-east-1', endpoint: aws.url, credentials: TEST_KEYS });
    await publishSamples(clients, 'components', 'test.Model=1.0.0', 'test.Model=1.1.0');
  });
  beforeEach(async () => {
    clock = new WarpClock();
    aws.fleet.reset();
    aws.index.reset();
    aws.index.configuration = INDEXED;
    aws.fleet.readsUntilDone = 1;
    odd = () => ({});
    aws.mishap = () => undefined;
    ring('canary', 10);
    ring('wave-1', 30);
    for (const group of ['canary', 'wave-1']) await deploy(group, '1.0.0');
    aws.fleet.moveOn();
    aws.fleet.moveOn();
    report();
    aws.mishap = ({ operation }) => {
      if (operation !== 'DescribeJob') return undefined;
      aws.fleet.moveOn();
      report();
      return undefined;
    };
    aws.requests.length = 0;
  });
  afterEach(async () => {
    expect(aws.violations).toEqual([]);
    await rm(path.join(folder, 'state.json'), { force: true });
  });
  afterAll(async () => {
    clients.close();
    await aws.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ring = (group: string, count: number): void => {
    for (let index = 0; index < count; index++) aws.fleet.addThing(`${group}-${index}`, group);
  };
  const deploy = async (group: string, componentVersion: string): Promise<void> => {
    const target = await findTarget(clients, { kind: 'group', name: group }, signal);
    const change = { components: { 'test.Model': { componentVersion } } };
    await sendDeployment(clients, await planDeployment(clients, target, change, { signal }), signal);
  };
  const since = new Map<string, number>();
  /** Every device reports what it has now. */
  const report = (): void => {
    for (const [group, things] of aws.fleet.groups)
      for (const thing of things) {
        const done = aws.fleet.deployments.filter(({ devices }) => devices.get(thing)?.status === 'SUCCEEDED').at(-1);
        const version = (done?.input['components'] as Record<string, { componentVersion: string }> | undefined)?.[
          'test.Model'
        ]?.componentVersion;
        const known = since.get(`${thing} ${version}`) ?? Math.floor(clock.now() / 1000);
        since.set(`${thing} ${version}`, known);
        const { state = {}, model = {}, connected = true } = version === '1.1.0' ? odd(thing) : {};
        const models = { PartsDetector: sampleModelState({ version: version ?? '0', since: known, ...model }) };
        putIndexed(aws.index, { thing, groups: [group], connected, state: sampleState({ models, ...state }) });
      }
  };
  const run = (changes: object = {}, approve?: PromotionState): Promise<PromotionState> => {
    since.clear();
    const store = stateStore(clients, path.join(folder, 'state.json'), signal);
    const plan = checkPlan({ ...DOCUMENT, ...changes }, 'plan');
    const given = approve ? { approve: { token: approvalToken(approve), by: 'test' } } : {};
    return promote({ clients, plan, store, clock, signal, ...given });
  };
  const deployed = (group: string): unknown =>
    (
      aws.fleet.deployments.filter(({ targetArn }) => targetArn.endsWith(`/${group}`)).at(-1)?.input[
        'components'
      ] as Record<string, { componentVersion: string }>
    )['test.Model']?.componentVersion;

  it('takes a version from the canary over the approval to the wave', async () => {
    const begun = clock.now();
    const canary = await run();
    expect(canary).toMatchObject({
      status: 'awaiting-approval',
      stages: [{ status: 'passed', report: { healthy: 10, reason: '10 of 10 devices are healthy' } }, {}],
    });
    // The devices must be healthy for as long as the plan says.
    expect(clock.now() - begun).toBeGreaterThanOrEqual(10 * 60_000);
    expect(await run({}, canary)).toMatchObject({ status: 'done', stages: [{}, { report: { healthy: 30 } }] });
    expect(deployed('wave-1')).toBe('1.1.0');
    // One page for each stage: the devices that may lack something, of which there are none.
    const paged = ['ListThingsInThingGroup', 'ListCoreDevices', 'SearchIndex', 'ListJobExecutionsForJob'];
    const asked = aws.requests.flatMap(({ operation }) => (paged.includes(operation) ? operation : []));
    expect(asked).toEqual(['SearchIndex', 'SearchIndex']);
  });

  it.each([
    ['is slow', { model: { p95Ms: 80 } }, 'PartsDetector has a p95 of 80 ms; at most 50 are allowed'],
    ['fails', { model: { failurePercent: 9 } }, 'PartsDetector fails on 9 % of its last requests'],
    ['takes too much memory', { model: { memoryMb: 300 } }, 'PartsDetector takes 300 MB; at most 200 are allowed'],
    ['runs elsewhere', { model: { provider: 'wasm' } }, 'PartsDetector: runs on wasm, cpu was requested'],
    ['has no golden test', { model: { golden: 'NONE' } }, 'PartsDetector: golden test: NONE'],
    ['drifts', { model: { driftSince: 9e9 } }, 'PartsDetector: a service of it drifts'],
    ['crashes', { state: { crashedAt: 9e9, crashes: 1 } }, 'the agent crashed since'],
  ])('gives a stage back in which the model %s', async (_, oddity, reason) => {
    odd = (thing) => (['canary-3', 'canary-4'].includes(thing) ? oddity : {});
    const state = await run();
    expect(state).toMatchObject({ status: 'failed', stages: [{ status: 'rolled-back' }, { status: 'waiting' }] });
    const { reason: said = '', findings = [] } = state.stages[0]?.report ?? {};
    expect(said).toContain('2 of 10 devices are not healthy');
    expect(said).toContain(reason);
    expect(findings.map(({ thing }) => thing)).toEqual(['canary-3', 'canary-4']);
    expect(deployed('canary')).toBe('1.0.0');
  });

  it('judges nobody by too few requests, and waits for those that are offline no longer than the plan says', async () => {
    odd = (thing) => (thing === 'canary-1' ? { model: { failurePercent: 100, requests: 10 } } : {});
    expect(await run()).toMatchObject({
      status: 'awaiting-approval',
      stages: [{ report: { healthy: 9, waiting: 1 } }, {}],
    });
    await rm(path.join(folder, 'state.json'));
    odd = (thing) => (thing.endsWith('7') ? {} : { connected: false });
    const few = await run({ gate: { ...GATE, waitMinutes: 30 } });
    expect(few.stages[0]?.report?.reason).toMatch(/only 1 of 10 devices can be reached.*30 minutes are over/);
  });

  it('names the component that fails a deployment', async () => {
    aws.fleet.outcome = (thing, { 'test.Model': model }) =>
      thing === 'canary-2' && model?.componentVersion === '1.1.0'
        ? { status: 'FAILED', component: 'test.Model', reason: 'golden test failed' }
        : { status: 'SUCCEEDED' };
    const { stages } = await run({ gate: { ...GATE, quorumPercent: 100 } });
    expect(stages[0]?.report?.reason).toMatch(/canary-2: deployment FAILED: test\.Model .*golden test failed/);
  });

  it('holds back the devices that cannot take the version, and counts those that it cannot ask', async () => {
    const tight = sampleState({ diskFreeMb: 5, models: { PartsDetector: sampleModelState() } });
    putIndexed(aws.index, { thing: 'canary-5', groups: ['canary'], connected: true, state: tight });
    putIndexed(aws.index, { thing: 'canary-6', groups: ['canary'], connected: false, state: tight });
    const { stages } = await run();
    expect(stages[0]).toMatchObject({
      preflight: { fits: 8, unfit: [{ thing: 'canary-5' }], unknown: [{ thing: 'canary-6' }], unknownCount: 1 },
    });
    expect(aws.fleet.groups.get('canary')?.has('canary-5')).toBe(false);
  });

  it('says what only heartbeats tell, and that there is no index', async () => {
    const [model] = GATE.models;
    await expect(run({ gate: { ...GATE, maxCrashes: 1, models: [{ ...model, role: 'challenger' }] } })).rejects.toThrow(
      /does not tell what gate.models\[0\].role, gate.maxCrashes asks for/,
    );
    aws.index.configuration = { thingIndexingMode: 'OFF' };
    await expect(run()).rejects.toThrow('does not have a fleet index with their state');
  });

  it('counts a large group in status, and names those that failed', async () => {
    ring('wave-1', 300);
    aws.fleet.outcome = (thing) =>
      thing === 'wave-1-9'
        ? { status: 'FAILED', component: 'test.Model', reason: 'no memory' }
        : { status: thing === 'wave-1-8' ? 'OFFLINE' : 'SUCCEEDED' };
    await deploy('wave-1', '1.1.0');
    aws.fleet.moveOn();
    report();
    aws.requests.length = 0;
    const { code, json } = await runHere(['status', '--group', 'wave-1', '--json'], aws.environment);
    expect(code).toBe(1);
    expect(json[0]).toMatchObject({
      total: 300,
      settled: false,
      counts: { QUEUED: 1, SUCCEEDED: 298, FAILED: 1 },
      devices: [{ thing: 'wave-1-9', failure: { component: 'test.Model' } }],
    });
    expect(aws.requests.length).toBeLessThan(15);
    const text = await runHere(['status', '--group', 'wave-1'], aws.environment);
    expect(text.stdout).toContain('300 devices: 1 queued, 298 succeeded, 1 failed');
    expect(text.stdout).toMatch(/wave-1-9 +FAILED +test\.Model/);
    expect(text.stdout).not.toContain('wave-1-8 ');
  });
});
