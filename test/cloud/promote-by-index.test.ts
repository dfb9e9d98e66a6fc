import { rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ChallengerState, DeviceState, ModelState } from '#packages/heartbeat';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { CloudRig } from '../../testing/cloud/cloud-rig.ts';
import { publishSamples } from '../../testing/cloud/publish-samples.ts';
import { INDEXED, putIndexed, sampleModelState, sampleState } from '../../testing/cloud/sample-state.ts';
import { WarpClock } from '../../testing/cloud/warp-clock.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { runHere } from '../../testing/package/in-process.ts';
import type { CloudClients } from '../../tools/cloud/clients.ts';
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
  let rig: CloudRig;
  let aws: AwsStandIn;
  let clients: CloudClients;
  let folder: string;
  let clock: WarpClock;
  /** How a device that has the new version differs from the usual one. */
  let odd: (thing: string) => { state?: Partial<DeviceState>; model?: Partial<ModelState>; connected?: boolean };

  beforeAll(async () => {
    rig = await CloudRig.open('components');
    ({ aws, clients, folder } = rig);
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
    rig.addGroup('canary', 10);
    rig.addGroup('wave-1', 30);
    for (const group of ['canary', 'wave-1']) await rig.deploy(group, { 'test.Model': '1.0.0' });
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
  afterAll(() => rig.close());

  const since = new Map<string, number>();
  /** Every device reports what it has now. */
  const report = (): void => {
    for (const [group, things] of aws.fleet.groups)
      for (const thing of things) {
        const version = rig.doneOn(thing, 'test.Model');
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
  const deployed = (group: string): unknown => rig.deployedTo(group, 'test.Model');

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
    // And one with the numbers for whoever approves.
    expect(asked).toEqual(Array(4).fill('SearchIndex'));
  });

  it.each([
    ['is slow', { model: { p95Ms: 80 } }, 'PartsDetector has a p95 of 80 ms; at most 50 are allowed'],
    ['fails', { model: { failurePercent: 9 } }, 'PartsDetector fails on 9 % of its last requests'],
    ['takes too much memory', { model: { memoryMb: 300 } }, 'PartsDetector takes 300 MB; at most 200 are allowed'],
    ['runs elsewhere', { model: { provider: 'wasm' } }, 'PartsDetector: runs on wasm, cpu was requested'],
    ['has no golden test', { model: { golden: 'NONE' } }, 'PartsDetector: golden test: NONE'],
    ['drifts', { model: { driftSince: 9e9 } }, 'PartsDetector: a service of it drifts'],
    ['crashes', { state: { crashTimes: { n1: 9e9 } } }, 'the agent crashed 1 times since; at most 0 are allowed'],
    [
      'has an agent that starts again',
      { state: { startTimes: { n1: 9e9, n2: 9e9, n3: 9e9 } } },
      'the agent started 3 times',
    ],
    ['grows', { model: { memoryGrowthPercent: 51 } }, 'PartsDetector takes 51 % more memory than before'],
    ['is slower', { model: { p95GrowthPercent: 60 } }, 'PartsDetector has a p95 of 60 % more than before'],
    [
      'has an agent that grows',
      { state: { agentMemoryGrowthPercent: 70 } },
      'the agent takes 70 % more memory than before',
    ],
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

  it('judges by every bound that a plan may have, each device once, in queries that AWS IoT takes', async () => {
    const [model] = GATE.models;
    const agreement = { minPercent: 95, minFrames: 200 };
    const models = [{ ...model, agreement }];
    const gate = { ...GATE, models, maxCrashes: 1, maxRestarts: 3, maxMemoryMb: 100, maxCpuPercent: 50 };
    const faults: Record<string, { state?: Partial<DeviceState>; model?: Partial<ModelState> }> = {
      // Bounds of different queries: it is one device all the same.
      'canary-3': { state: { agentMemoryMb: 120, agentCpuPercent: 60 }, model: { p95Ms: 80, agreedPercent: 94.9 } },
      // No fault: one crash is allowed.
      'canary-4': { state: { crashTimes: { n1: 9e9, n2: 5 }, startTimes: { n1: 9e9, n2: 9e9, n3: 9e9 } } },
    };
    const judged = { frames: 200, agreedPercent: 97 };
    odd = (thing) => ({ ...faults[thing], model: { ...judged, ...faults[thing]?.model } });
    const state = await run({ gate });
    expect(state).toMatchObject({
      status: 'awaiting-approval',
      stages: [{ report: { healthy: 9, unhealthy: 1, findings: [{ thing: 'canary-3' }] } }, {}],
    });
    expect(state.stages[0]?.report?.findings[0]?.reason).toBe(
      'the agent takes 120 MB; at most 100 are allowed; the agent takes 60 % of a core; at most 50 are allowed; ' +
        'PartsDetector has a p95 of 80 ms; at most 50 are allowed; ' +
        'PartsDetector and the model beside it agree on 94.9 % of the pictures; at least 95 % must be',
    );
    await rm(path.join(folder, 'state.json'));
    faults['canary-4'] = { state: { crashTimes: { n1: 9e9, n2: 9e9 } }, model: { agreedPercent: 90 } };
    const worse = await run({ gate });
    expect(worse).toMatchObject({ status: 'failed', stages: [{ report: { unhealthy: 2 } }, {}] });
    expect(worse.stages[0]?.report?.reason).toContain('2 of 10 devices are not healthy');
  });

  it('shows the approver the numbers of a page of devices, beside those of the version before', async () => {
    odd = () => ({ model: { formerP95Ms: 44, formerMemoryMb: 120, memoryMb: 130 } });
    const { stages } = await run();
    const rows = Object.fromEntries(
      (stages[0]?.report?.comparisons ?? []).map(({ what, now, before }) => [what, [now, before]]),
    );
    expect(rows).toMatchObject({
      'devices of which these numbers are': [10, undefined],
      'PartsDetector: answered requests': [5_000, undefined],
      'PartsDetector: p95 of the median device, ms': [40, 44],
      'PartsDetector: memory of the median device, MB': [130, 120],
      'agent: memory of the median device, MB': [90, undefined],
    });
  });

  it('gives a ring a bake time of its own', async () => {
    const { stages } = await run({ canary: { group: 'canary', bakeMinutes: 0 } });
    expect(stages[0]?.status).toBe('passed');
    expect(clock.now() - (stages[0]?.deployedAt ?? 0)).toBeLessThan(10 * 60_000);
  });

  it('judges a challenger by how it compares with the model that serves', async () => {
    const challenger = (changes: Partial<ChallengerState> = {}): ChallengerState => ({
      alias: 'parts',
      version: '2.0.0',
      champion: 'PartsDetector',
      championVersion: '1.1.0',
      since: Math.floor(clock.now() / 1_000),
      frames: 500,
      agreedPercent: 98,
      requests: 500,
      failurePercent: 0,
      p95Ms: 45,
      p95GrowthPercent: 12,
      ...changes,
    });
    const Next = challenger();
    let bad: Partial<ChallengerState> = {};
    odd = (thing) => ({ state: { challengers: { Next: thing < 'canary-2' ? { ...Next, ...bad } : Next } } });
    const wanted = { name: 'Next', version: '2.0.0', role: 'challenger', agreement: { minPercent: 95 } };
    const gate = { ...GATE, models: [wanted], bakeMinutes: 0, waitMinutes: 3 };
    expect(await run({ gate })).toMatchObject({
      status: 'awaiting-approval',
      stages: [{ report: { healthy: 10 } }, {}],
    });
    for (const [change, reason] of [
      [{ agreedPercent: 80 }, 'Next and the model beside it agree on 80 %'],
      [{ failurePercent: 30, frames: 0 }, 'Next fails on 30 % of its pictures'],
      [{ p95GrowthPercent: 90 }, 'Next has a p95 of 90 % more than the model that serves'],
      [{ memoryGrowthPercent: 90 }, 'Next takes 90 % more memory than the model that serves'],
      [{ version: '1.9.0' }, '3 minutes are over'],
    ] as const) {
      bad = change;
      await rm(path.join(folder, 'state.json'));
      await rig.deploy('canary', { 'test.Model': '1.0.0' });
      expect((await run({ gate })).stages[0]?.report?.reason).toContain(reason);
    }
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

  it('says which bounds only heartbeats can judge, and that the index is missing', async () => {
    await expect(run({ gate: { ...GATE, maxCrashes: 6, maxRestarts: 5 } })).rejects.toThrow(
      'does not tell what gate.maxCrashes: 6 asks for: devices remember their last 6, so 5 is the most',
    );
    aws.index.configuration = { thingIndexingMode: 'OFF' };
    await expect(run()).rejects.toThrow('does not have a fleet index with their state');
  });

  it('counts a large group in status, and names those that failed', async () => {
    rig.addGroup('wave-1', 300);
    aws.fleet.outcome = (thing) =>
      thing === 'wave-1-9'
        ? { status: 'FAILED', component: 'test.Model', reason: 'no memory' }
        : { status: thing === 'wave-1-8' ? 'OFFLINE' : 'SUCCEEDED' };
    await rig.deploy('wave-1', { 'test.Model': '1.1.0' });
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
