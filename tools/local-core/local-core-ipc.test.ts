import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { greengrasscoreipc } from 'aws-iot-device-sdk-v2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { coreRig } from '../../testing/local-core/core-rig.ts';
import type { CoreRig } from '../../testing/local-core/core-rig.ts';
import { clientOf, serviceErrorOf } from '../../testing/local-core/ipc-rig.ts';
import type { Client } from '../../testing/local-core/ipc-rig.ts';
import { LocalCore } from './local-core.ts';
import type { LocalDeploymentRequest } from './ports.ts';

// Nucleus and IPC server together, as the device SDK's own client sees them.

const TOKEN = { run: 'echo "token $SVCUID"; exec sleep 1000' };

let rig: CoreRig;
let core: LocalCore;
let clients: Client[];
let tokens: Map<string, string>;

beforeEach(async () => {
  rig = await coreRig();
  core = await LocalCore.start({ root: rig.paths.root, mqtt: false });
  clients = [];
  tokens = new Map();
  core.onLine(({ component, text }) => {
    if (text.startsWith('token ')) tokens.set(component, text.slice('token '.length));
  });
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  await core.stop();
  await rig.close();
});

async function connectWith(token: string): Promise<Client> {
  const client = clientOf(core.ipc.socketPath, token);
  clients.push(client);
  await client.connect();
  return client;
}

async function connect(component: string): Promise<Client> {
  await vi.waitUntil(() => tokens.has(component), { timeout: PATIENCE_MS });
  return connectWith(tokens.get(component) ?? '');
}

async function connectCommandLine(): Promise<Client> {
  const [name = ''] = await readdir(rig.paths.cliInfo);
  const info = JSON.parse(await readFile(path.join(rig.paths.cliInfo, name), 'utf8')) as { cli_auth_token: string };
  return connectWith(info.cli_auth_token);
}

function request(roots: Record<string, string>, more: LocalDeploymentRequest = {}): LocalDeploymentRequest {
  const folders = { recipeDirectoryPath: rig.recipes, artifactsDirectoryPath: rig.artifacts };
  return { ...folders, rootComponentVersionsToAdd: roots, ...more };
}

describe('a component on the socket of the core', () => {
  it('reads and writes its configuration, is told of changes, and loses against newer values', async () => {
    await rig.recipe('a.A', '1.0.0', { configuration: { rate: 1, deep: { x: 'y' } }, lifecycle: TOKEN });
    await core.deploy(request({ 'a.A': '1.0.0' }));
    const client = await connect('a.A');
    const changes: unknown[] = [];
    await client
      .subscribeToConfigurationUpdate({ keyPath: ['rate'] })
      .on('message', ({ configurationUpdateEvent }) => changes.push(configurationUpdateEvent?.keyPath))
      .activate();

    expect((await client.getConfiguration({ keyPath: [] })).value).toEqual({ rate: 1, deep: { x: 'y' } });
    await client.updateConfiguration({
      keyPath: [],
      timestamp: new Date(Date.now() + 1000),
      valueToMerge: { rate: 2 },
    });
    await vi.waitUntil(() => changes.length > 0, { timeout: PATIENCE_MS });
    const older = client.updateConfiguration({ keyPath: [], timestamp: new Date(1000), valueToMerge: { rate: 3 } });

    expect((await serviceErrorOf(older))._errorCode).toBe('FailedUpdateConditionCheckError');
    expect(changes).toEqual([['rate']]);
    expect(core.nucleus.configuration.get('a.A', ['rate'])).toBe(2);
    await core.stop();
    const stored = await readFile(path.join(rig.paths.config, 'configuration.json'), 'utf8');
    expect(stored).toContain('"rate":{"v":2');
  });

  it('says when it is RUNNING', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: { startup: TOKEN.run } });
    const outcome = core.deploy(request({ 'a.A': '1.0.0' }));
    const client = await connect('a.A');
    expect(core.components().find(({ componentName }) => componentName === 'a.A')?.state).toBe('STARTING');
    await client.updateState({ state: greengrasscoreipc.model.ReportedLifecycleState.RUNNING });

    expect((await outcome).status).toBe('SUCCEEDED');
  });

  it('refuses a configuration, which fails the deployment before anything changes', async () => {
    await rig.recipe('a.A', '1.0.0', { configuration: { rate: 1 }, lifecycle: TOKEN });
    await core.deploy(request({ 'a.A': '1.0.0' }));
    const client = await connect('a.A');
    await client
      .subscribeToValidateConfigurationUpdates({})
      .on('message', ({ validateConfigurationUpdateEvent: event }) => {
        void client.sendConfigurationValidityReport({
          configurationValidityReport: {
            deploymentId: event?.deploymentId ?? '',
            status: greengrasscoreipc.model.ConfigurationValidityStatus.REJECTED,
            message: `rate ${(event?.configuration as { rate: number }).rate} is too high`,
          },
        });
      })
      .activate();

    const outcome = await core.deploy(request({}, { componentToConfiguration: { 'a.A': { MERGE: { rate: 9 } } } }));

    expect(outcome).toMatchObject({ status: 'FAILED', detailedStatus: 'FAILED_NO_STATE_CHANGE' });
    expect(outcome.error).toContain('rate 9 is too high');
    expect(core.nucleus.configuration.get('a.A', ['rate'])).toBe(1);
  });

  it('holds a deployment up until it agrees', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: TOKEN });
    await rig.recipe('a.A', '2.0.0', { lifecycle: TOKEN });
    await core.deploy(request({ 'a.A': '1.0.0' }));
    const client = await connect('a.A');
    const events: string[] = [];
    await client
      .subscribeToComponentUpdates({})
      .on('message', ({ preUpdateEvent }) => {
        if (!preUpdateEvent) return;
        events.push(`asked ${core.components().find(({ componentName }) => componentName === 'a.A')?.version}`);
        void client.deferComponentUpdate({
          deploymentId: preUpdateEvent.deploymentId ?? '',
          recheckAfterMs: events.length < 2 ? 100 : 0,
        });
      })
      .activate();

    const outcome = await core.deploy(request({ 'a.A': '2.0.0' }));

    expect(outcome.status).toBe('SUCCEEDED');
    expect(events).toEqual(['asked 1.0.0', 'asked 1.0.0']);
  });

  it('may do what accessControl of the moment grants', async () => {
    const accessControl = {
      'aws.greengrass.ipc.pubsub': { 'a.A:1': { operations: ['aws.greengrass#PublishToTopic'], resources: ['x/*'] } },
    };
    await rig.recipe('a.A', '1.0.0', { lifecycle: TOKEN });
    await core.deploy(request({ 'a.A': '1.0.0' }));
    const client = await connect('a.A');
    const publish = (): Promise<unknown> =>
      client.publishToTopic({ topic: 'x/1', publishMessage: { jsonMessage: { message: 1 } } });

    expect((await serviceErrorOf(publish()))._errorCode).toBe('UnauthorizedError');
    await core.deploy(request({}, { componentToConfiguration: { 'a.A': { MERGE: { accessControl } } } }));
    await publish();
  });

  it('is a stranger once it was removed', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: TOKEN });
    await core.deploy(request({ 'a.A': '1.0.0' }));
    await connect('a.A');
    await core.deploy({ rootComponentsToRemove: ['a.A'] });

    await expect(connect('a.A')).rejects.toBeDefined();
  });
});

describe('the command line on the socket of the core', () => {
  it('lists components, deploys, follows the deployment, restarts', async () => {
    await rig.recipe('a.A', '1.0.0', { lifecycle: TOKEN });
    const client = await connectCommandLine();

    const { deploymentId = '' } = await client.createLocalDeployment({
      recipeDirectoryPath: rig.recipes,
      artifactsDirectoryPath: rig.artifacts,
      rootComponentVersionsToAdd: new Map([['a.A', '1.0.0']]),
    });
    await vi.waitUntil(
      async () => String((await client.getLocalDeploymentStatus({ deploymentId })).deployment.status) === 'SUCCEEDED',
      { timeout: PATIENCE_MS, interval: 200 },
    );
    const { components } = await client.listComponents({});
    await vi.waitUntil(() => tokens.has('a.A'), { timeout: PATIENCE_MS });
    const first = tokens.get('a.A');
    tokens.clear();
    await client.restartComponent({ componentName: 'a.A' });
    await vi.waitUntil(() => tokens.has('a.A'), { timeout: PATIENCE_MS });

    expect(components?.find(({ componentName }) => componentName === 'a.A')).toMatchObject({ state: 'RUNNING' });
    expect(tokens.get('a.A')).toBe(first); // the token lives as long as the component is deployed
  });
});
