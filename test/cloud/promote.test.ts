import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HeartbeatDevice } from '#packages/heartbeat';
import { TEST_KEYS } from '../../testing/object-store/s3-server.ts';
import { writeZip } from '../../tools/bundle/zip/write-zip.ts';
import type { CloudClients } from '../../tools/cloud/clients.ts';
import { connectCloud } from '../../tools/cloud/clients.ts';
import { followDeployment } from '../../tools/cloud/deployments/follow.ts';
import { approvalToken } from '../../tools/cloud/promotion/approval.ts';
import { abortPromotion, promote } from '../../tools/cloud/promotion/promote.ts';
import { checkPlan } from '../../tools/cloud/promotion/promotion-plan.ts';
import type { PromotionState } from '../../tools/cloud/promotion/promotion-state.ts';
import { stateStore } from '../../tools/cloud/promotion/promotion-state.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { CloudRig } from '../../testing/cloud/cloud-rig.ts';
import { publishSamples } from '../../testing/cloud/publish-samples.ts';
import { runHere } from '../../testing/package/in-process.ts';
import { runCommand } from '../../testing/process/run-command.ts';
import { putHeartbeat, sampleMetric, sampleModel } from '../../testing/cloud/sample-heartbeat.ts';
import { WarpClock } from '../../testing/cloud/warp-clock.ts';

const { signal } = new AbortController();
const RINGS = ['canary', 'wave-1', 'wave-2'];

const DOCUMENT = {
  name: 'detector-1.1.0',
  components: { 'test.Model': { componentVersion: '1.1.0' } },
  heartbeats: 's3://heartbeats/heartbeats',
  canary: { group: 'canary' },
  waves: [{ group: 'wave-1' }, { group: 'wave-2' }],
  gate: {
    models: [{ name: 'PartsDetector', version: '1.1.0', provider: 'cuda', maxP95Ms: 50 }],
    quorumPercent: 60,
    bakeMinutes: 0,
  },
};

describe('promote', await needs(awsModels), () => {
  let rig: CloudRig;
  let aws: AwsStandIn;
  let clients: CloudClients;
  let folder: string;
  let clock: WarpClock;
  /** Each device's heartbeat once it has the deployment; undefined: none. */
  let deviceOf: (thing: string) => HeartbeatDevice | undefined;
  let says: (thing: string, version: string) => Partial<ReturnType<typeof sampleModel>> | undefined;

  beforeAll(async () => {
    rig = await CloudRig.open('components', 'state');
    ({ aws, clients, folder } = rig);
    await publishSamples(clients, 'components', 'test.Agent=1.0.0', 'test.Model=1.0.0', 'test.Model=1.1.0');
  });
  beforeEach(async () => {
    clock = new WarpClock();
    aws.fleet.reset();
    aws.memoryBucket.objects.clear();
    aws.iot.pageSize = 2;
    for (const group of RINGS) rig.addGroup(group, 3);
    says = () => ({});
    deviceOf = () => undefined;
    aws.mishap = () => undefined;
    for (const group of RINGS) await rig.deploy(group, { 'test.Agent': '1.0.0', 'test.Model': '1.0.0' });
    aws.mishap = ({ operation }) => {
      if (operation === 'ListJobExecutionsForJob') beat();
      return undefined;
    };
    await rm(path.join(folder, 'state.json'), { force: true });
  });
  afterEach(() => expect(aws.violations).toEqual([]));
  afterAll(() => rig.close());

  const versionOf = (thing: string): string => rig.installedOn(thing, 'test.Model') ?? '';
  const groupVersion = (group: string): unknown => rig.deployedTo(group, 'test.Model');
  const beat = (PeriodSeconds = 300): void => {
    for (const thing of aws.fleet.things.keys()) {
      const said = says(thing, versionOf(thing));
      if (!said) continue;
      const Timestamp = Math.floor(clock.now() / 1000);
      const metrics = [sampleMetric('InferenceLatencyMs', 'P95', 20), sampleMetric('Inferences', 'Count', 100)];
      const model = sampleModel({
        ModelVersion: versionOf(thing),
        Provider: 'cuda',
        ModelMetrics: metrics,
        LatestInference: Timestamp,
        ...said,
      });
      const device = deviceOf(thing);
      const Device = device ? { Device: device } : {};
      // The store's times have whole seconds.
      const ageMs = Date.now() - clock.now() - 1_000;
      putHeartbeat(aws.memoryBucket, thing, { Timestamp, PeriodSeconds, Models: [model], ...Device, ageMs });
    }
  };
  const options = (approve?: string, changes: object = {}) => {
    const plan = checkPlan({ ...DOCUMENT, ...changes }, 'plan');
    return {
      clients,
      plan,
      store: stateStore(clients, path.join(folder, 'state.json'), signal),
      clock,
      signal,
      ...(approve === undefined ? {} : { approve: { token: approve, by: 'Test' } }),
    };
  };
  const stages = (state: PromotionState) => state.stages.map(({ status }) => status);

  it('row 144: stops before the first wave, refuses a wrong token, goes on with the right one', async () => {
    const waiting = await promote(options());
    expect([waiting.status, stages(waiting)]).toEqual(['awaiting-approval', ['passed', 'waiting', 'waiting']]);
    expect([groupVersion('canary'), groupVersion('wave-1')]).toEqual(['1.1.0', '1.0.0']);
    expect(waiting.stages[0]?.report).toMatchObject({ verdict: 'passed', healthy: 3 });

    expect((await promote(options())).status).toBe('awaiting-approval');
    await expect(promote(options('0000-0000-0000-0000'))).rejects.toMatchObject({ code: 'promote.not-approved' });
    expect(groupVersion('wave-1')).toBe('1.0.0');

    const done = await promote(options(approvalToken(waiting)));
    expect([done.status, done.approvedBy, stages(done)]).toEqual(['done', 'Test', ['passed', 'passed', 'passed']]);
    expect(groupVersion('wave-2')).toBe('1.1.0');
    await expect(promote(options(approvalToken(waiting)))).rejects.toMatchObject({ code: 'promote.over' });
    const components = aws.fleet.deployments.at(-1)?.input['components'];
    expect(components).toMatchObject({ 'test.Agent': { componentVersion: '1.0.0' } });
  });

  it('row 144: takes no token before the gate, nor after somebody deployed something else', async () => {
    await expect(promote(options('0000-0000-0000-0000'))).rejects.toMatchObject({ code: 'promote.not-approved' });
    const waiting = await promote(options());
    await rig.deploy('canary', { 'test.Model': '1.0.0' });
    await expect(promote(options(approvalToken(waiting)))).rejects.toMatchObject({ code: 'promote.changed' });
  });

  it.each([
    ['the provider is another', { Provider: 'cpu' }, 'runs on cpu, cuda was requested'],
    ['it is too slow', { ModelMetrics: [sampleMetric('InferenceLatencyMs', 'P95', 80)] }, 'p95 is 80 ms'],
    ['the golden test did not run', { Golden: 'OFF' as const }, 'golden test: OFF'],
    ['another version serves', { ModelVersion: '1.0.0' }, 'version 1.0.0 serves, 1.1.0 was deployed'],
  ])('row 143: fails the gate and gives the canary its version back when %s', async (_, said, reason) => {
    says = (thing, version) => (version === '1.1.0' && thing !== 'canary-1' ? said : {});
    const state = await promote(options());
    expect([state.status, stages(state)]).toEqual(['failed', ['rolled-back', 'waiting', 'waiting']]);
    expect(JSON.stringify(state.stages[0]?.report)).toContain(reason);
    expect(groupVersion('canary')).toBe('1.0.0');
  });

  it('fails when the model stays idle until the time is over', async () => {
    says = (_, version) => (version === '1.1.0' ? { LatestInference: 1 } : {});
    const state = await promote(options(undefined, { gate: { ...DOCUMENT.gate, waitMinutes: 5 } }));
    expect(state.stages[0]?.report?.reason).toContain('5 minutes are over');
    expect(groupVersion('canary')).toBe('1.0.0');
  });

  it('row 119: leaves a failed stage as it is with DO_NOTHING', async () => {
    says = (_, version) => (version === '1.1.0' ? { Provider: 'cpu' } : {});
    const state = await promote(options(undefined, { failureHandlingPolicy: 'DO_NOTHING' }));
    expect(stages(state)).toEqual(['failed', 'waiting', 'waiting']);
    expect(groupVersion('canary')).toBe('1.1.0');
  });

  it('looks often enough to count every heartbeat of devices that report each half minute', async () => {
    const PERIOD_MS = 30_000;
    let next = 0;
    let sent = 0;
    aws.mishap = ({ operation }) => {
      if (operation !== 'ListJobExecutionsForJob' || versionOf('canary-1') !== '1.1.0') return undefined;
      if (next === 0) next = clock.now();
      // The store keeps the last one: those that came between two looks write over one another.
      for (; next <= clock.now(); next += PERIOD_MS) {
        beat(PERIOD_MS / 1000);
        sent += 1;
      }
      return undefined;
    };
    const changes = { gate: { ...DOCUMENT.gate, bakeMinutes: 20 } };
    const state = await promote(options(undefined, changes));
    expect(state.status).toBe('awaiting-approval');
    expect(sent).toBeGreaterThan(30);
    const seen = await options().store.loadSeen();
    expect(seen?.devices['canary-1']?.numbers.models['PartsDetector']?.inferences).toBe(100 * sent);
  });

  it('waits for no device that is offline, but for one that is only slow', async () => {
    aws.fleet.outcome = (thing) => ({ status: thing === 'canary-3' ? 'OFFLINE' : 'SUCCEEDED' });
    let looks = 0;
    says = (thing) =>
      thing === 'canary-3' ? undefined : thing === 'canary-2' && looks++ < 4 ? { LatestInference: 1 } : {};
    const state = await promote(options(undefined, { gate: { ...DOCUMENT.gate, quorumPercent: 100 } }));
    expect(state.status).toBe('awaiting-approval');
    expect(state.stages[0]?.report).toMatchObject({ healthy: 2, offline: 1, findings: [{ thing: 'canary-3' }] });
  });

  it('stops at the wave whose devices fail their deployment, and gives that wave its version back', async () => {
    const token = approvalToken(await promote(options()));
    aws.fleet.outcome = (thing) =>
      thing.startsWith('wave-1') && thing !== 'wave-1-1'
        ? { status: 'FAILED', component: 'test.Model', reason: 'out of memory' }
        : { status: 'SUCCEEDED' };
    const state = await promote(options(token));
    expect([state.status, stages(state)]).toEqual(['failed', ['passed', 'rolled-back', 'waiting']]);
    expect(JSON.stringify(state.stages[1]?.report)).toContain('out of memory');
    expect(RINGS.map(groupVersion)).toEqual(['1.1.0', '1.0.0', '1.0.0']);

    const aborted = await abortPromotion(options());
    expect(aborted.status).toBe('aborted');
    expect(RINGS.map(groupVersion)).toEqual(['1.0.0', '1.0.0', '1.0.0']);
  });

  it('goes on after it was cut off at any request, with one deployment for each stage', async () => {
    const impatient = await connectCloud({
      region: 'us-east-1',
      endpoint: aws.url,
      credentials: TEST_KEYS,
      maxAttempts: 1,
    });
    const before = aws.fleet.deployments.length;
    const start = aws.requests.length;
    const token = approvalToken(await promote(options()));
    await promote(options(token));
    const total = aws.requests.length - start;
    expect(total).toBeGreaterThan(30);
    let state: PromotionState | undefined;
    // A few cuts in the suite; EDGEML_CUT_EVERY=1 cuts at every request.
    const every = Number(process.env['EDGEML_CUT_EVERY'] ?? 20);
    for (let at = 1; at < total; at += every) {
      for (const group of RINGS) await rig.deploy(group, { 'test.Model': '1.0.0' });
      await rm(path.join(folder, 'state.json'), { force: true });
      const had = aws.fleet.deployments.length;
      const first = aws.requests.length;
      aws.mishap = ({ operation }, index) => {
        if (operation === 'ListJobExecutionsForJob') beat();
        return index === first + at
          ? 'cut-after'
          : index > first + at && index < first + at + 3
            ? 'cut-before'
            : undefined;
      };
      const run = async (approve?: string): Promise<PromotionState> => {
        for (let attempt = 0; ; attempt++)
          try {
            return await promote({ ...options(approve), clients: impatient });
          } catch (error) {
            if (attempt > 5) throw error;
          }
      };
      state = await run();
      state = await run(approvalToken(state));
      expect(state.status, `cut at ${at}`).toBe('done');
      expect(aws.fleet.deployments.length - had, `cut at ${at}`).toBe(3);
    }
    expect(before).toBe(3);
    impatient.close();
  });

  it('ends when all 300 devices are done that are told at 10 per minute, not when the first of them are', async () => {
    rig.addGroup('many', 300);
    aws.iot.pageSize = 250;
    // Heartbeats come every five minutes.
    const last = new Map<string, number>();
    says = (thing) => {
      if (!thing.startsWith('many-') || clock.now() - (last.get(thing) ?? 0) < 300_000) return undefined;
      last.set(thing, clock.now());
      return {};
    };
    await rig.deploy('many', { 'test.Agent': '1.0.0', 'test.Model': '1.0.0' });
    aws.fleet.rolloutClock = () => clock.now();
    const begun = clock.now();
    const seen: number[] = [];
    const state = await promote({
      ...options(undefined, {
        canary: { group: 'many' },
        waves: [],
        gate: { ...DOCUMENT.gate, quorumPercent: 90, waitMinutes: 60 },
        iotJobConfiguration: { jobExecutionsRolloutConfig: { maximumPerMinute: 10 } },
      }),
      onProgress: (_, { healthy }) => seen.push(healthy),
    });
    expect([state.status, state.stages[0]?.report]).toMatchObject(['done', { healthy: 300, waiting: 0, offline: 0 }]);
    expect(clock.now() - begun).toBeGreaterThan(29 * 60_000);
    expect(Math.max(...seen.slice(0, 5))).toBeLessThan(100);
  });

  it('follows a rollout until the last device is told', async () => {
    rig.addGroup('slow', 25);
    aws.fleet.rolloutClock = () => clock.now();
    const iotJobConfiguration = { jobExecutionsRolloutConfig: { maximumPerMinute: 10 } };
    const id = await rig.deploy('slow', { 'test.Model': '1.0.0' }, { iotJobConfiguration });
    const counts: Record<string, number>[] = [];
    const status = await followDeployment(clients, id, {
      clock,
      signal,
      timeoutMs: 600_000,
      onStatus: (now) => counts.push({ ...now.counts }),
    });
    expect(counts[0]).toMatchObject({ PENDING: 15 });
    expect([status.isSettled, status.counts]).toEqual([true, { SUCCEEDED: 25 }]);
  });

  it('says of devices that a canceled job has not told that they will not be', async () => {
    rig.addGroup('late', 15);
    aws.fleet.rolloutClock = () => clock.now();
    const iotJobConfiguration = { jobExecutionsRolloutConfig: { maximumPerMinute: 10 } };
    const id = await rig.deploy('late', { 'test.Model': '1.0.0' }, { iotJobConfiguration });
    aws.fleet.cancel(id);
    const status = await followDeployment(clients, id, { clock, signal, timeoutMs: 600_000 });
    expect(status.counts).toMatchObject({ CANCELED: 5 });
  });

  it('goes on with the numbers that an interrupted run has seen', async () => {
    const requests = (Value: number) => ({
      ModelMetrics: [sampleMetric('InferenceLatencyMs', 'P95', 20), sampleMetric('Inferences', 'Count', Value)],
    });
    const gate = { gate: { ...DOCUMENT.gate, minRequests: 150, waitMinutes: 5 } };
    const saidOnce = new Set<string>();
    const once = (thing: string, count: number) =>
      saidOnce.has(thing) ? undefined : (saidOnce.add(thing), requests(count));
    says = (thing, version) => (version === '1.1.0' ? once(thing, 100) : requests(100));
    const interrupted = promote({
      ...options(undefined, gate),
      onProgress: (_, { findings }) => {
        if (findings.every(({ reason }) => reason?.includes('100 of 150 requests seen'))) throw new Error('cut off');
      },
    });
    await expect(interrupted).rejects.toThrow('cut off');
    saidOnce.clear();
    says = (thing) => once(thing, 60);
    expect(await promote(options(undefined, gate))).toMatchObject({ status: 'awaiting-approval' });
    const numbers = (await promote(options(undefined, gate))).stages[0]?.report?.comparisons;
    expect(numbers).toContainEqual(expect.objectContaining({ what: 'PartsDetector: answered requests', now: 480 }));
  });

  it('does not try devices that cannot take the version, and brings them back with one that they can take', async () => {
    const zip = path.join(folder, 'model.zip');
    await writeZip(zip, [{ path: 'Parts/model.onnx', content: Buffer.alloc(30_000_000) }]);
    const content = await readFile(zip);
    await publishSamples(clients, 'components', { name: 'test.Model', version: '1.2.0', content, isZip: true });
    const device = { Platform: 'linux', Architecture: 'x64', Nucleus: 'java' as const, Providers: ['cuda'] };
    const room: Record<string, number> = { 'canary-1': 100_000_000, 'canary-2': 49_000_000 };
    deviceOf = (thing) => (room[thing] === undefined ? undefined : { ...device, DiskFreeBytes: room[thing] });
    beat();
    const to = (version: string) => ({
      name: `detector-${version}`,
      components: { 'test.Model': { componentVersion: version } },
      waves: [],
      gate: { ...DOCUMENT.gate, models: [{ name: 'PartsDetector', version }] },
    });
    const state = await promote(options(undefined, to('1.2.0')));
    expect([state.status, state.stages[0]?.preflight]).toEqual([
      'done',
      {
        fits: 1,
        unfit: [
          { thing: 'canary-2', reason: expect.stringMatching(/^49 MB of its disk are free; .* take 51 MB$/) as string },
        ],
        unknown: [{ thing: 'canary-3', reason: 'the heartbeats of agent 1.0.0 do not tell disk and memory' }],
        unmeasured: [],
        returning: [],
      },
    ]);
    expect([1, 2, 3].map((index) => versionOf(`canary-${index}`))).toEqual(['1.2.0', '1.0.0', '1.2.0']);
    const held = [...aws.fleet.groups.keys()].find((name) => name.startsWith('canary-held-')) ?? '';
    expect(aws.fleet.groups.get(held)).toEqual(new Set(['canary-2']));
    expect(aws.fleet.groups.get('canary')).toEqual(new Set(['canary-1', 'canary-3']));
    expect(groupVersion(held)).toBe('1.0.0');

    room['canary-2'] = 100_000_000;
    beat();
    await rm(path.join(folder, 'state.json'));
    const next = await promote(options(undefined, to('1.1.0')));
    expect([next.status, next.stages[0]?.preflight?.returning]).toEqual(['done', ['canary-2']]);
    expect(aws.fleet.groups.get(held)).toEqual(new Set());
    expect(aws.fleet.groups.get('canary')).toContain('canary-2');
  });

  it('does not begin a stage in which no device can take the version, or in which one cannot and the plan says stop', async () => {
    deviceOf = () => ({ Platform: 'windows', Architecture: 'x64', Nucleus: 'java' });
    beat();
    const stopped = promote(options(undefined, { preflight: { unfit: 'stop' } }));
    await expect(stopped).rejects.toMatchObject({ code: 'promote.unfit-devices', facts: { group: 'canary' } });
    const state = await promote(options());
    expect([state.status, state.stages[0]?.report?.reason]).toEqual([
      'failed',
      'none of 3 devices can take the version',
    ]);
    expect(groupVersion('canary')).toBe('1.0.0');
    expect(aws.fleet.groups.get('canary')?.size).toBe(3);
  });

  describe('of a pipeline', () => {
    const run = (id: string, approve?: string) => promote({ ...options(approve), run: id });

    it('begins again for another approval once the first run has ended, with the deployment that is there', async () => {
      const first = await run('one');
      await run('one', approvalToken(first));
      const deployments = aws.fleet.deployments.length;
      const second = await run('two');
      expect(second).toMatchObject({ run: 'two', status: 'awaiting-approval' });
      expect((await run('two', approvalToken(second))).status).toBe('done');
      expect(aws.fleet.deployments).toHaveLength(deployments);

      // The registry says "Rejected" later on: what was there before the first run comes back.
      expect((await abortPromotion(options())).status).toBe('aborted');
      expect(RINGS.map(groupVersion)).toEqual(['1.0.0', '1.0.0', '1.0.0']);
      expect((await run('three')).status).toBe('awaiting-approval');
      expect(groupVersion('canary')).toBe('1.1.0');
    });

    it('takes no run over that has not ended', async () => {
      await run('one');
      await expect(run('two')).rejects.toMatchObject({ code: 'promote.other-run' });
    });

    it('stops before the next wave when it is aborted meanwhile', async () => {
      const waiting = await run('one');
      let isAborted = false;
      const { onProgress: _, ...rest } = { ...options(approvalToken(waiting)), onProgress: undefined };
      const done = await promote({
        ...rest,
        run: 'one',
        onProgress: (group) => {
          if (group !== 'wave-1' || isAborted) return;
          isAborted = true;
          // As `promote --abort` does first, in another process.
          const store = options().store;
          const load = (): Promise<PromotionState | undefined> => store.load();
          rest.store.load = async () => {
            const state = (await load()) as PromotionState;
            await store.save({ ...state, status: 'aborted' });
            return load();
          };
        },
      });
      expect(isAborted).toBe(true);
      expect(done.status).toBe('aborted');
      expect(groupVersion('wave-2')).toBe('1.0.0');
    });

    it('is aborted also after its plan was changed, and when nothing was deployed', async () => {
      await run('one');
      expect((await abortPromotion(options(undefined, { name: 'changed' }))).status).toBe('aborted');
      expect(groupVersion('canary')).toBe('1.0.0');
      await rm(path.join(folder, 'state.json'));
      expect((await abortPromotion(options())).status).toBe('aborted');
    });
  });

  it('runs as a command, its state in a bucket', async () => {
    const plan = path.join(folder, 'plan.yaml');
    await writeFile(plan, JSON.stringify({ ...DOCUMENT, waves: [{ group: 'wave-1' }] }));
    const command = (...args: string[]) =>
      runCommand(
        ['promote', plan, '--state', 's3://state/promotions/one.json', '--every', '0.01', '--json', ...args],
        aws.environment,
      );
    const first = await command();
    expect([first.code, first.json[0]?.['status']]).toEqual([0, 'awaiting-approval']);
    const second = await command('--approve', String(first.json[1]?.['approvalToken']), '--by', 'Jo');
    expect([second.code, second.json[0]]).toEqual([
      0,
      expect.objectContaining({ status: 'done', approvedBy: 'Jo' }) as object,
    ]);
  });

  it('ends the command with the stage that failed', async () => {
    const plan = path.join(folder, 'plan.yaml');
    await writeFile(plan, JSON.stringify(DOCUMENT));
    says = (_, version) => (version === '1.1.0' ? { Provider: 'cpu' } : {});
    const words = ['promote', plan, '--state', path.join(folder, 'failing.json'), '--every', '0.01'];
    const { code, stderr } = await runHere(words, aws.environment);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/failed at canary: .*promote\.gate-failed/s) as string]);
  });

  it('names everything that is wrong in a plan, and keeps the states of two plans apart', async () => {
    const wrong = { ...DOCUMENT, waves: [{ group: 'canary' }] };
    expect(() => checkPlan(wrong, 'plan.yaml')).toThrow('the group canary is there twice');
    expect(() => checkPlan({ name: 'x', gate: { quorumPercent: 120 } }, 'plan.yaml')).toThrow(
      /quorumPercent[\s\S]*canary|canary[\s\S]*quorumPercent/,
    );
    await promote(options());
    await expect(promote(options(undefined, { name: 'another' }))).rejects.toMatchObject({ code: 'promote.state' });
    expect(await readFile(path.join(folder, 'state.json'), 'utf8')).toContain('detector-1.1.0');
  });
});
