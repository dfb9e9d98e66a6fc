import { mkdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Incidents, parseConfiguration, silentLogger } from '#packages/foundation';
import { parseHeartbeat } from '#packages/heartbeat';
import type { HeartbeatMessage } from '#packages/heartbeat';

import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { MemoryObjectStore } from '../../../testing/object-store/memory-object-store.ts';
import { agentConfiguration } from '../config.ts';
import { connectIpc, NucleusFault } from '#packages/ipc';
import {
  EDGE_MANAGER_COMPONENT,
  EdgeManagerOverlay,
  OLD_EDGE_MANAGER_COMPONENT,
} from '../settings/edge-manager-overlay.ts';
import { COMPONENT } from '../settings/live-configuration.ts';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { FleetLink } from './fleet-link.ts';
import type { FleetLinkPorts } from './fleet-link.ts';
import { deviceFacts } from '../fleet/device-facts.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;

beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

describe('the agent in its fleet', () => {
  let nucleus: MemoryNucleus;
  let started: InProcessAgent | undefined;

  const start = async (configuration: object, standIn?: object): Promise<InProcessAgent> => {
    nucleus = new MemoryNucleus();
    nucleus.configuration.set(COMPONENT, [], configuration);
    if (standIn) nucleus.configuration.set(EDGE_MANAGER_COMPONENT, [], standIn);
    const work = join(folder.path, 'work');
    await mkdir(work, { recursive: true });
    started = await startInProcess(work, nucleus);
    return started;
  };
  afterEach(() => started?.close());

  const heartbeats = (): readonly HeartbeatMessage[] =>
    nucleus.iotMessages
      .filter(({ topic }) => topic === 'edgeml/belt-7/heartbeat')
      .map(({ payload }) => parseHeartbeat(payload));

  it('row 113: sends heartbeats to the cloud, with its models', async () => {
    const { client } = await start({ DeviceFleetName: 'plant-2', HeartbeatPeriodSeconds: 1 });
    await client.activate({ path: await writePackage(join(folder.path, 'Parts'), { version: '1.0.0' }) });
    await client.invoke('Parts', Buffer.from('cat'), { contentType: 'image/png' });
    await expect
      .poll(() => heartbeats().at(-1))
      .toMatchObject({
        DeviceName: 'belt-7',
        ThingName: 'belt-7',
        DeviceFleetName: 'plant-2',
        PeriodSeconds: 1,
        Models: [
          {
            ModelHandle: 'Parts',
            ModelVersion: '1.0.0',
            Provider: 'cpu',
            LatestInference: expect.any(Number) as number,
          },
        ],
        DeploymentResult: { DeploymentName: 'activate Parts', DeploymentStatus: 'SUCCESS' },
      });
  });

  it('row 112: tells the cloud when it goes by another name than its thing', async () => {
    await start({ DeviceName: 'belt-8' });
    const events = () =>
      nucleus.iotMessages.map(
        ({ payload }) => JSON.parse(payload) as { event?: string; deviceName?: string; thing?: string },
      );
    await expect
      .poll(events)
      .toContainEqual(expect.objectContaining({ event: 'device.name-mismatch', deviceName: 'belt-8' }));
  });
});

describe('the component that stands in for Edge Manager', () => {
  const MISSING = new NucleusFault('service', 'no', { errorCode: 'ResourceNotFoundError' });
  const overlayOn = (nucleusAnswers: () => Promise<unknown>): EdgeManagerOverlay =>
    new EdgeManagerOverlay({
      getConfiguration: (_path, name) => (name === EDGE_MANAGER_COMPONENT ? nucleusAnswers() : Promise.reject(MISSING)),
      onConfigurationChange: () => Promise.reject(new Error('no events')),
    });

  it('row 120: has its settings hold for the agent, and leaves the agent’s other settings alone', async () => {
    const overlay = overlayOn(async () => ({
      DeviceFleetName: 'plant-2',
      CaptureDataBatchSize: '5',
      LogLevel: 'debug',
      accessControl: {},
    }));
    expect(await overlay.refresh()).toBe(true);
    expect(await overlay.refresh()).toBe(false);
    const merged = overlay.over({ DeviceFleetName: 'own', LogLevel: 'warn', QueueLength: 3 });
    expect(parseConfiguration(agentConfiguration, merged, { component: COMPONENT })).toMatchObject({
      DeviceFleetName: 'plant-2',
      CaptureDataBatchSize: 5,
      LogLevel: 'warn',
      QueueLength: 3,
    });
  });

  it('holds on while the nucleus gives no answer', async () => {
    let answer: () => Promise<unknown> = async () => ({ DeviceFleetName: 'plant-2' });
    const overlay = overlayOn(() => answer());
    await overlay.refresh();
    answer = () => Promise.reject(new Error('no answer'));
    expect(await overlay.refresh()).toBe(false);
    expect(overlay.over({})).toMatchObject({ DeviceFleetName: 'plant-2' });
  });

  it('asks ever more rarely for a component that is not there, and at once when it may have come', async () => {
    let asked = 0;
    let answer: () => Promise<unknown> = () => Promise.reject(MISSING);
    const overlay = overlayOn(() => {
      asked++;
      return answer();
    });
    const aDayOfLooks = 2_880;
    for (let look = 0; look < aDayOfLooks; look++) await overlay.refresh();
    expect(asked).toBeLessThan(110);

    answer = async () => ({ DeviceFleetName: 'plant-2' });
    overlay.expectChange();
    expect(await overlay.refresh()).toBe(true);
    asked = 0;
    for (let look = 0; look < 10; look++) await overlay.refresh();
    expect(asked).toBe(10);
  });

  it.each([EDGE_MANAGER_COMPONENT, OLD_EDGE_MANAGER_COMPONENT, 'com.example.EdgeManager'])(
    'is heard under the name %s: a change holds as soon as the nucleus tells of it',
    async (name) => {
      const nucleus = new MemoryNucleus();
      const ipc = connectIpc({
        component: COMPONENT,
        environment: { ipcToken: undefined, ipcSocket: undefined, nucleus: 'java' },
        transport: nucleus.transport(COMPONENT),
      });
      await ipc.ready();
      const overlay = new EdgeManagerOverlay(ipc);
      expect(await overlay.refresh()).toBe(false);
      nucleus.configuration.set(name, [], { DeviceFleetName: 'plant-2' });
      overlay.expectChange(name);
      expect(await overlay.refresh()).toBe(true);
      const changed = new Promise<void>((resolve) => overlay.onChange(resolve));
      nucleus.configure(name, ['DeviceFleetName'], 'plant-3');
      await changed;
      expect(await overlay.refresh()).toBe(true);
      expect(overlay.over({ EdgeManager: 'auto' })).toEqual({ DeviceFleetName: 'plant-3', EdgeManager: 'on' });
      expect(overlay.over({ EdgeManager: 'off' })).toMatchObject({ EdgeManager: 'off' });
      await ipc.close();
    },
  );

  it('is gone when its component is', async () => {
    const nucleus = new MemoryNucleus();
    nucleus.configuration.set(COMPONENT, [], {});
    nucleus.configuration.set(EDGE_MANAGER_COMPONENT, [], { DeviceFleetName: 'plant-2' });
    const work = join(folder.path, 'work');
    await mkdir(work);
    const started = await startInProcess(work, nucleus);
    const { ipc } = started;
    const overlay = new EdgeManagerOverlay(ipc);
    expect(await overlay.refresh()).toBe(true);
    const other = new EdgeManagerOverlay({
      getConfiguration: (path) => ipc.getConfiguration(path, 'edgeml.NotDeployed'),
      onConfigurationChange: () => Promise.reject(MISSING),
    });
    expect(await other.refresh()).toBe(false);
    expect(other.over({ a: 1 })).toEqual({ a: 1 });
    await started.close();
  });
});

describe('FleetLink', () => {
  const configuration = parseConfiguration(agentConfiguration, {}, { component: COMPONENT });
  const linkPorts = (changes: Partial<FleetLinkPorts> = {}): FleetLinkPorts => ({
    workFolder: folder.path,
    configuration: () => configuration,
    ipc: { publishIot: async () => undefined },
    thing: 'belt-7',
    regionOfDevice: undefined,
    platform: { providers: ['cuda'], nucleus: 'lite' },
    openStore: () => new MemoryObjectStore(),
    serving: () => [],
    driftsOf: () => [],
    challengerOf: () => undefined,
    challengers: () => [],
    onMismatch: () => undefined,
    clock: new FakeClock(),
    random: () => 0.5,
    incidents: new Incidents(silentLogger),
    log: silentLogger,
    ...changes,
  });

  it('row 114: counts an end without a goodbye as a crash, and one with it not', async () => {
    const open = () => FleetLink.open(linkPorts());
    const life = async () => JSON.parse(await readFile(join(folder.path, 'life.json'), 'utf8')) as object;
    await (await open()).close();
    expect(await life()).toEqual({ starts: 1, crashes: 0, running: false });
    await open();
    await open();
    expect(await life()).toEqual({ starts: 3, crashes: 1, running: true });
  });

  it('reports the state of the device to the shadow of its thing', async () => {
    const clock = new FakeClock();
    const said: string[] = [];
    const ipc = { publishIot: async (topic: string) => void said.push(topic) };
    const link = await FleetLink.open(linkPorts({ clock, ipc }));
    link.start();
    await clock.advance(31_000);
    await expect.poll(() => said).toContain('$aws/things/belt-7/shadow/name/edgeml/update');
    await link.close();
  });

  it('tells of the device what a version can be held against', async () => {
    const facts = await deviceFacts({ workFolder: folder.path, nucleus: 'lite', providers: ['cuda', 'cpu'] });
    expect(facts).toMatchObject({ Nucleus: 'lite', Platform: process.platform, Providers: ['cuda', 'cpu'] });
    const disk = await statfs(folder.path);
    expect(facts.DiskFreeBytes).toBeGreaterThan(0.5 * disk.bavail * disk.bsize);
    expect(facts.MemoryAvailableBytes).toBeGreaterThan(1_000_000);
    const gone = await deviceFacts({ workFolder: join(folder.path, 'no'), nucleus: undefined, providers: [] });
    expect(gone).toMatchObject({ Nucleus: 'none', Providers: [] });
    expect(gone).not.toHaveProperty('DiskFreeBytes');
  });
});
