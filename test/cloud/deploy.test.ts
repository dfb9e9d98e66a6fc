import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { systemClock } from '#packages/foundation';
import type { CloudClients } from '../../tools/cloud/clients.ts';
import { MemoryIo } from '../../tools/cli/frame/io.ts';
import { runProgram } from '../../tools/cli/program.ts';
import { planDeployment, sendDeployment } from '../../tools/cloud/deployments/deploy.ts';
import { followDeployment } from '../../tools/cloud/deployments/follow.ts';
import type { DeploymentChange } from '../../tools/cloud/deployments/merge-deployment.ts';
import { planRollback } from '../../tools/cloud/deployments/rollback.ts';
import { findTarget } from '../../tools/cloud/deployments/target.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { CloudRig, componentsOf } from '../../testing/cloud/cloud-rig.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { publishSamples } from '../../testing/cloud/publish-samples.ts';
import { runHere } from '../../testing/package/in-process.ts';
import { colorPackage, tarOf } from '../../testing/package/training-output.ts';
import { runCommand } from '../../testing/process/run-command.ts';

const { signal } = new AbortController();

describe('deployments', await needs(awsModels), () => {
  let rig: CloudRig;
  let aws: AwsStandIn;
  let clients: CloudClients;
  let folder: string;

  beforeAll(async () => {
    rig = await CloudRig.open('components');
    ({ aws, clients, folder } = rig);
    await publishSamples(
      clients,
      'components',
      'test.Agent=1.0.0',
      'test.App=1.0.0',
      'test.Model=1.0.0',
      'test.Model=1.1.0',
    );
    await publishSamples(clients, 'components', 'test.Model=1.2.0');
  });
  beforeEach(() => {
    aws.fleet.reset();
    aws.greengrass.pageSize = 1;
    aws.iot.pageSize = 2;
    aws.requests.length = 0;
    for (const name of ['gateway-1', 'gateway-2', 'gateway-3']) aws.fleet.addThing(name, 'hall');
  });
  afterEach(() => expect(aws.violations).toEqual([]));
  afterAll(() => rig.close());

  const command = (...args: string[]) => runHere(args, aws.environment);
  const asProcess = (...args: string[]) => runCommand(args, aws.environment);
  const hall = () => findTarget(clients, { kind: 'group', name: 'hall' }, signal);
  const deploy = async (change: DeploymentChange): Promise<string> =>
    sendDeployment(clients, await planDeployment(clients, await hall(), change, { signal }), signal);
  const components = (versions: Record<string, string>): DeploymentChange => ({ components: componentsOf(versions) });
  const latest = () => aws.fleet.deployments.at(-1)?.input as { components: Record<string, unknown> };

  it('row 146: keeps the components of the target that are not named', async () => {
    await deploy({
      components: {
        'test.Agent': { componentVersion: '1.0.0', configurationUpdate: { merge: '{"LogLevel":"debug"}' } },
        'test.App': { componentVersion: '1.0.0', runWith: { posixUser: 'ggc_user:ggc_group' } },
      },
    });

    const { code, json } = await asProcess('deploy', 'test.Model=1.0.0', '--group', 'hall', '--json');

    expect(code).toBe(0);
    expect(json[0]).toMatchObject({
      unchanged: false,
      targetArn: 'arn:aws:iot:us-east-1:123456789012:thinggroup/hall',
    });
    expect(latest().components).toEqual({
      'test.Agent': { componentVersion: '1.0.0', configurationUpdate: { merge: '{"LogLevel":"debug"}' } },
      'test.App': { componentVersion: '1.0.0', runWith: { posixUser: 'ggc_user:ggc_group' } },
      'test.Model': { componentVersion: '1.0.0' },
    });
  });

  it('refuses a configuration that nucleus lite could not read, with what the target has already', async () => {
    const config = (name: string): string => {
      const source = { Type: 'stream', Url: 'rtsp://camera/1', Services: ['PartsDetector'] };
      const entries = Array.from({ length: 20 }, (_, n) => [`${name}${n}`, source] as const);
      return JSON.stringify({ 'test.App': { merge: { Sources: Object.fromEntries(entries) } } });
    };
    const args = ['deploy', 'test.App=1.0.0', '--group', 'hall', '--config'];
    expect((await command(...args, config('door'))).code).toBe(0);
    const refused = await command(...args, config('gate'));
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(
      /test\.App would have a configuration of 362 objects .*255 at most.*Sources alone has/s,
    );
    expect((await command(...args, config('gate'), '--nucleus', 'java')).code).toBe(0);
  });

  it('row 118: takes a model away again, and leaves the rest', async () => {
    await deploy(components({ 'test.Agent': '1.0.0', 'test.Model': '1.0.0' }));
    await deploy({ components: {}, remove: ['test.Model'] });
    expect(latest().components).toEqual({ 'test.Agent': { componentVersion: '1.0.0' } });
  });

  it('row 145: carries rollout, abort, time-outs and ROLLBACK exactly as given, and keeps them for the next', async () => {
    const policies = [
      ...['--on-failure', 'ROLLBACK', '--notify', 'NOTIFY_COMPONENTS', '--notify-timeout', '90'],
      ...['--validation-timeout', '40', '--rollout-rate', '10:2:50', '--rollout-max', '200'],
      ...['--abort', 'FAILED:20:10', 'TIMED_OUT:50:5', '--in-progress-timeout', '30'],
    ];
    const { code } = await command('deploy', 'test.Agent=1.0.0', '--group', 'hall', ...policies);
    expect(code).toBe(0);
    const wanted = {
      deploymentPolicies: {
        failureHandlingPolicy: 'ROLLBACK',
        componentUpdatePolicy: { action: 'NOTIFY_COMPONENTS', timeoutInSeconds: 90 },
        configurationValidationPolicy: { timeoutInSeconds: 40 },
      },
      iotJobConfiguration: {
        jobExecutionsRolloutConfig: {
          maximumPerMinute: 200,
          exponentialRate: {
            baseRatePerMinute: 10,
            incrementFactor: 2,
            rateIncreaseCriteria: { numberOfSucceededThings: 50 },
          },
        },
        abortConfig: {
          criteriaList: [
            { failureType: 'FAILED', action: 'CANCEL', thresholdPercentage: 20, minNumberOfExecutedThings: 10 },
            { failureType: 'TIMED_OUT', action: 'CANCEL', thresholdPercentage: 50, minNumberOfExecutedThings: 5 },
          ],
        },
        timeoutConfig: { inProgressTimeoutInMinutes: 30 },
      },
    };
    expect(latest()).toMatchObject(wanted);
    await deploy(components({ 'test.App': '1.0.0' }));
    expect(latest()).toMatchObject(wanted);
  });

  it.each([
    [['--rollout-max', '1001'], '/iotJobConfiguration/jobExecutionsRolloutConfig/maximumPerMinute'],
    [['--rollout-rate', '10:6:50'], 'incrementFactor'],
    [['--rollout-rate', '0:2:50'], 'baseRatePerMinute'],
    [['--abort', 'FAILED:101:10'], 'thresholdPercentage'],
    [['--abort', 'BROKEN:10:10'], 'failureType'],
    [['--in-progress-timeout', '10081'], 'inProgressTimeoutInMinutes'],
    [['--on-failure', 'PANIC'], 'failureHandlingPolicy'],
  ])('row 145: refuses %j before anything is asked', async (flags, place) => {
    const io = new MemoryIo();
    const code = await runProgram(['deploy', 'test.Agent=1.0.0', '--group', 'hall', ...flags], io, signal);
    expect([code, io.err]).toEqual([1, expect.stringContaining(place) as string]);
    expect(aws.requests).toEqual([]);
  });

  it('row 148: sends merge as a JSON string, and says what the key for the version is', async () => {
    const document = path.join(folder, 'deployment.yaml');
    await writeFile(
      document,
      'components:\n  test.Agent:\n    componentVersion: 1.0.0\n    configurationUpdate:\n      merge: { LogLevel: debug, Limits: { Queue: 8 } }\n      reset: [/Old]\n',
    );
    const dry = await command('deploy', '--document', document, '--group', 'hall', '--dry-run', '--json');
    expect(dry.code).toBe(0);
    expect(aws.fleet.deployments).toEqual([]);
    const { input } = dry.json[0] as { input: Record<string, unknown> };
    expect(input).toMatchObject({
      components: {
        'test.Agent': {
          configurationUpdate: { merge: '{"LogLevel":"debug","Limits":{"Queue":8}}', reset: ['/Old'] },
        },
      },
    });
    await command('deploy', '--document', document, '--group', 'hall');
    expect(aws.fleet.deployments.at(-1)?.input).toEqual(input);

    await writeFile(document, 'components:\n  test.Agent: { version: 1.0.0 }\n');
    const wrong = await command('deploy', '--document', document, '--group', 'hall');
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('"componentVersion"') as string]);
  });

  it('joins configuration updates, so that a device that comes later gets them all', async () => {
    const update = (merge: string, reset?: string[]) => ({
      components: {
        'test.Agent': { componentVersion: '1.0.0', configurationUpdate: { merge, ...(reset ? { reset } : {}) } },
      },
    });
    await deploy(update('{"A":{"x":1,"y":2},"B":1}'));
    await deploy(update('{"A":{"y":3},"C":[1]}', ['/B']));
    expect(latest().components).toEqual({
      'test.Agent': {
        componentVersion: '1.0.0',
        configurationUpdate: { merge: '{"A":{"x":1,"y":3},"C":[1]}', reset: ['/B'] },
      },
    });
  });

  it('sends nothing if the target has all of it, and one deployment for a repeated request', async () => {
    await deploy(components({ 'test.Agent': '1.0.0' }));
    expect((await command('deploy', 'test.Agent=1.0.0', '--group', 'hall', '--json')).json[0]).toMatchObject({
      unchanged: true,
    });
    const plan = await planDeployment(clients, await hall(), components({ 'test.App': '1.0.0' }), { signal });
    aws.mishap = ({ operation }) => {
      if (operation !== 'CreateDeployment') return undefined;
      aws.mishap = () => undefined;
      return 'cut-after';
    };
    await sendDeployment(clients, plan, signal);
    expect(aws.fleet.deployments).toHaveLength(2);
  });

  it('deploys the models and settings of edgeml.yaml, and resets settings that it no longer has', async () => {
    const versions = ['edgeml.Runtime', 'edgeml.InferenceAgent', 'edgeml.InferenceApp', 'edgeml.model.Colors'];
    await publishSamples(clients, 'components', ...versions.map((name) => `${name}=1.0.0`));
    await deploy(components({ 'test.Agent': '1.0.0' }));
    const file = path.join(folder, 'edgeml.yaml');
    await writeFile(path.join(folder, 'colors.tar.gz'), await tarOf(colorPackage()));
    const write = (agent: object) =>
      writeFile(
        file,
        stringify({
          models: { Colors: { source: 'colors.tar.gz' } },
          sources: { photos: { Type: 'folder', Path: 'photos', Services: ['Colors'] } },
          components: { 'edgeml.InferenceAgent': agent },
        }),
      );
    const updateOf = (name: string) => {
      const { componentVersion, configurationUpdate } = latest().components[name] as {
        readonly componentVersion: string;
        readonly configurationUpdate?: { readonly merge?: string; readonly reset?: readonly string[] };
      };
      const { merge = '{}', reset } = configurationUpdate ?? {};
      return { componentVersion, merge: JSON.parse(merge) as unknown, reset };
    };
    const byFile = (...more: readonly string[]) => command('deploy', '--file', file, '--group', 'hall', ...more);

    await write({ LogLevel: 'debug' });
    const undecided = await byFile('--json');
    expect([undecided.code, undecided.stderr]).toEqual([
      1,
      expect.stringMatching(
        /--models trusted or --models any.*cli\.models-undecided|cli\.models-undecided.*--models trusted/s,
      ) as string,
    ]);
    const before = aws.fleet.deployments.length;
    expect(await byFile('--dry-run', '--json', '--models', 'any')).toMatchObject({ code: 0 });
    expect(aws.fleet.deployments).toHaveLength(before);
    const { code, stderr } = await byFile('--models', 'any');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain(
      'check sources/photos reads photos below the work folder of edgeml.InferenceApp on the device',
    );
    expect(Object.keys(latest().components).sort()).toEqual([...versions, 'test.Agent'].sort());
    expect(updateOf('edgeml.InferenceAgent')).toEqual({
      componentVersion: '1.0.0',
      merge: { LogLevel: 'debug', SignaturePolicy: 'warn', GoldenPolicy: 'warn' },
      reset: [''],
    });
    expect(updateOf('edgeml.InferenceApp').merge).toEqual({
      Sources: { images: { Enabled: false }, photos: { Type: 'folder', Path: 'photos', Services: ['Colors'] } },
    });
    expect(updateOf('edgeml.model.Colors')).toEqual({ componentVersion: '1.0.0', merge: {}, reset: undefined });

    expect((await byFile('--json')).json[0]).toMatchObject({ unchanged: true });
    await write({});
    expect(await byFile()).toMatchObject({ code: 0 });
    expect(updateOf('edgeml.InferenceAgent')).toEqual({
      componentVersion: '1.0.0',
      merge: { SignaturePolicy: 'warn', GoldenPolicy: 'warn' },
      reset: [''],
    });

    await writeFile(file, 'models: {Colors: {source: colors.tar.gz, version: 1.1.0}}\n');
    const unpublished = await byFile();
    expect([unpublished.code, unpublished.stderr]).toEqual([
      1,
      expect.stringMatching(/edgeml\.model\.Colors.*1\.1\.0.*does not exist/) as string,
    ]);
  });

  it('asks at a terminal which models the agent takes, once, and remembers the answer in the deployment', async () => {
    await publishSamples(clients, 'components', 'edgeml.InferenceAgent=1.0.0', 'edgeml.InferenceAgent=1.0.1');
    const words = ['deploy', 'edgeml.InferenceAgent=1.0.0', '--group', 'hall'];
    const odd = await runHere(words, aws.environment, ['perhaps']);
    expect([odd.code, odd.stderr]).toEqual([1, expect.stringContaining('neither trusted nor any') as string]);
    const first = await runHere(words, aws.environment, ['trusted']);
    expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('No key is in TrustedKeys') as string });
    const merge = () => {
      const agent = latest().components['edgeml.InferenceAgent'] as { configurationUpdate: { merge: string } };
      return JSON.parse(agent.configurationUpdate.merge) as unknown;
    };
    expect(merge()).toEqual({ SignaturePolicy: 'require', GoldenPolicy: 'require' });
    expect(await command('deploy', 'edgeml.InferenceAgent=1.0.1', '--group', 'hall')).toMatchObject({ code: 0 });
    expect(merge()).toEqual({ SignaturePolicy: 'require', GoldenPolicy: 'require' });
    const flag = await command('deploy', 'edgeml.InferenceAgent=1.0.1', '--group', 'hall', '--models', 'any');
    expect([flag.code, merge()]).toEqual([0, { SignaturePolicy: 'warn', GoldenPolicy: 'warn' }]);
    const config = JSON.stringify({ 'edgeml.InferenceAgent': { merge: { SignaturePolicy: 'require' } } });
    await command('deploy', 'edgeml.InferenceAgent=1.0.1', '--group', 'hall', '--config', config);
    expect(merge()).toEqual({ SignaturePolicy: 'require', GoldenPolicy: 'warn' });
  });

  it('publishes an agent that refuses unsigned and untested models unless it is configured otherwise', async () => {
    await publishSamples(clients, 'components', 'edgeml.InferenceAgent=1.0.2');
    const found = [...aws.greengrass.components.values()].find(
      ({ name, version }) => name === 'edgeml.InferenceAgent' && version === '1.0.2',
    );
    expect(found?.recipe).toMatchObject({
      ComponentConfiguration: {
        DefaultConfiguration: { Threshold: 0.5, SignaturePolicy: 'require', GoldenPolicy: 'require' },
      },
    });
  });

  it('refuses what is not published, not there, or not named', async () => {
    const unpublished = await command('deploy', 'test.Agnet=1.0.0', '--group', 'hall');
    expect([unpublished.code, unpublished.stderr]).toEqual([
      1,
      expect.stringContaining('did you mean test.Agent') as string,
    ]);
    const version = await command('deploy', 'test.Agent=9.0.0', '--group', 'hall');
    expect([version.code, version.stderr]).toEqual([1, expect.stringContaining('does not exist') as string]);
    const target = await command('deploy', 'test.Agent=1.0.0', '--group', 'nowhere');
    expect([target.code, target.stderr]).toEqual([1, expect.stringContaining('no thing group "nowhere"') as string]);
    for (const wrong of [['test.Agent=1.0.0'], ['--group', 'hall'], ['test.Agent', '--group', 'hall']])
      expect((await command('deploy', ...wrong)).code, wrong.join(' ')).toBe(2);
  });

  it('row 143: follows every device, and names the failing component and the reason', async () => {
    aws.fleet.outcome = (thing) =>
      thing === 'gateway-2'
        ? {
            status: 'FAILED',
            component: 'test.Model',
            reason: 'golden test failed: cat.jpg',
            errors: ['DEPLOYMENT_FAILURE', 'COMPONENT_BROKEN'],
          }
        : { status: 'SUCCEEDED' };
    aws.fleet.readsUntilDone = 1;
    const { code, json, stderr } = await asProcess(
      ...['deploy', 'test.Agent=1.0.0', 'test.Model=1.1.0', '--group', 'hall', '--wait', '--timeout', '60', '--json'],
    );
    expect(code).toBe(1);
    expect(stderr).toContain('in progress');
    expect(stderr).toContain('"code":"deploy.failed-devices"');
    expect(json[0]).toMatchObject({ settled: true, counts: { SUCCEEDED: 2, FAILED: 1 } });
    const status = await asProcess('status', '--group', 'hall');
    expect(status.code).toBe(1);
    expect(status.stdout).toMatch(/gateway-2 +FAILED +test\.Model 1\.1\.0 BROKEN +.*golden test failed: cat\.jpg/);
    expect(status.stdout).toContain('DEPLOYMENT_FAILURE > COMPONENT_BROKEN');
  });

  it('says which devices have not called in', async () => {
    aws.fleet.outcome = (thing) => ({ status: thing === 'gateway-3' ? 'OFFLINE' : 'SUCCEEDED' });
    const id = await deploy(components({ 'test.Agent': '1.0.0' }));
    const status = await followDeployment(clients, id, {
      clock: systemClock,
      signal,
      timeoutMs: PATIENCE_MS,
      everyMs: 1,
      isEnough: ({ counts }) => counts['SUCCEEDED'] === 2,
    });
    expect(status).toMatchObject({ isSettled: false, counts: { SUCCEEDED: 2, QUEUED: 1 } });
    const { code, stdout } = await command('status', '--deployment', id);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/gateway-3 +QUEUED +has not called in yet/) as string]);
  });

  it('row 147: rolls back to the previous deployment, and further when asked again', async () => {
    await deploy(components({ 'test.Agent': '1.0.0', 'test.Model': '1.0.0' }));
    await deploy(components({ 'test.Model': '1.1.0' }));
    await deploy(components({ 'test.Model': '1.2.0' }));
    const rollback = async () => {
      const plan = await planRollback(clients, await hall(), { signal });
      await sendDeployment(clients, plan, signal);
      return latest().components;
    };
    const { code, json } = await asProcess('rollback', '--group', 'hall', '--json');
    expect([code, json[0]?.['restores']]).toEqual([0, aws.fleet.deployments[1]?.id]);
    expect(latest().components).toEqual({
      'test.Agent': { componentVersion: '1.0.0' },
      'test.Model': { componentVersion: '1.1.0' },
    });
    expect(await rollback()).toMatchObject({ 'test.Model': { componentVersion: '1.0.0' } });
    await expect(rollback()).rejects.toMatchObject({ code: 'deploy.nothing-before' });
  });
});
