import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Incidents, silentLogger } from '#packages/foundation';
import { parseHeartbeat } from '#packages/heartbeat';
import type { HeartbeatMessage } from '#packages/heartbeat';

import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { DOWN, MemoryObjectStore } from '../../../testing/object-store/memory-object-store.ts';
import { readRecipe } from '../../../tools/bundle/recipe-source.ts';
import { AGENT_VERSION } from './agent-version.ts';
import { awsProvider } from './aws-provider.ts';
import { customProvider } from './custom-provider.ts';
import { deviceNames } from './device-name.ts';
import { heartbeatOf } from './heartbeat-facts.ts';
import type { AgentFacts } from './heartbeat-facts.ts';
import { CloudCheck } from './cloud-check.ts';
import { Heartbeats } from './heartbeats.ts';
import { changeOf } from './last-change.ts';
import { LifeRecord } from './life-record.ts';
import { UsageBook } from './model-usage.ts';
import { NetworkProbe } from './network-probe.ts';
import { noneProvider } from './none-provider.ts';
import { PROVIDER_CALLS } from './provider.ts';
import type { DeviceRegistration, Provider, ProviderSettings } from './provider.ts';
import { RegistrationCache } from './registration-cache.ts';

const NOON = Date.UTC(2026, 2, 1, 12);
let folder: string;
let clock: FakeClock;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleet-'));
  clock = new FakeClock(NOON);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const facts = (changes: Partial<AgentFacts> = {}): AgentFacts => ({
  deviceName: 'belt-7',
  fleet: 'plant-2',
  thing: 'belt-7',
  now: NOON,
  periodSeconds: 300,
  life: { starts: 3, crashes: 1 },
  uptimeSeconds: 60,
  cpuPercent: 12.345,
  memoryBytes: 90_000_000,
  device: { Nucleus: 'java', Platform: 'linux', Architecture: 'arm64', Providers: ['cuda', 'cpu'] },
  models: [],
  lastChange: undefined,
  ...changes,
});

const signal = new AbortController().signal;
const settings = (changes: Partial<ProviderSettings> = {}): ProviderSettings => ({
  deviceName: 'belt-7',
  deviceFleetName: 'plant-2',
  thingName: 'belt-7',
  bucketName: 'data',
  region: 'eu-central-1',
  s3Endpoint: '',
  s3ForcePathStyle: false,
  ...changes,
});

describe('heartbeats', () => {
  let incidents: Incidents;
  beforeEach(() => {
    incidents = new Incidents(silentLogger, { clock });
  });
  const started = (period: { seconds: number }, random = 0.5) => {
    const sent: number[] = [];
    const heartbeats = new Heartbeats({
      periodSeconds: () => period.seconds,
      isRegistered: async () => true,
      compose: async () => heartbeatOf(facts({ now: clock.now() })),
      send: async ({ Timestamp }) => void sent.push(Timestamp - NOON / 1_000),
      clock,
      random: () => random,
      incidents,
      log: silentLogger,
    });
    heartbeats.start();
    return { sent, heartbeats };
  };

  it.each([
    [0, [0, 270, 540]],
    [0.5, [5, 305, 605]],
    [1, [10, 340, 670]],
  ])('row 113: go out every period, give or take a tenth (random %d)', async (random, times) => {
    const { sent, heartbeats } = started({ seconds: 300 }, random);
    await clock.advance(700_000);
    heartbeats.stop();
    expect(sent).toEqual(times);
    expect(clock.pending).toBe(0);
  });

  it('row 113: follow a change of the period, also to none and back', async () => {
    const period = { seconds: 300 };
    const { sent, heartbeats } = started(period);
    await clock.advance(5_000);
    period.seconds = 0;
    heartbeats.reschedule();
    await clock.advance(3_600_000);
    expect(sent).toEqual([5]);
    period.seconds = 60;
    heartbeats.reschedule();
    await clock.advance(120_000);
    heartbeats.stop();
    expect(sent).toEqual([5, 3_665, 3_725]);
  });

  it('go on after one could not be sent', async () => {
    let attempts = 0;
    const heartbeats = new Heartbeats({
      periodSeconds: () => 60,
      isRegistered: async () => true,
      compose: async () => heartbeatOf(facts()),
      send: () => (attempts++ === 0 ? Promise.reject(new Error('offline')) : Promise.resolve()),
      clock,
      random: () => 0.5,
      incidents,
      log: silentLogger,
    });
    heartbeats.start();
    await clock.advance(20_000);
    expect(incidents.current).toMatchObject([
      { subject: 'AWS IoT Core', severity: 'error', message: 'nothing reaches the cloud over MQTT: offline' },
    ]);
    // Half a minute later it is tried again: it costs nothing, and tells when the way is open.
    await clock.advance(15_000);
    expect(incidents.current).toEqual([]);
    await clock.advance(60_000);
    heartbeats.stop();
    expect(attempts).toBe(3);
  });

  it('are not needed to notice within a minute that the broker is away, and that it is back', async () => {
    let [isOnline, wanted, messages] = [true, true, 0];
    const period = { seconds: 45 };
    const check = new CloudCheck({
      periodSeconds: () => period.seconds,
      isWanted: async () => wanted,
      publish: async () => {
        messages++;
        if (!isOnline) throw new Error('Device is offline. Dropping QoS 0 message.');
      },
      clock,
      random: () => 0.999,
      incidents,
    });
    check.start();
    await clock.advance(45_000);
    isOnline = false;
    await clock.advance(46_000);
    expect(incidents.current).toMatchObject([
      { subject: 'AWS IoT Core', severity: 'error', message: expect.stringContaining('Device is offline') as string },
    ]);
    isOnline = true;
    await clock.advance(46_000);
    expect(incidents.current).toEqual([]);
    wanted = false;
    const before = messages;
    await clock.advance(600_000);
    [wanted, period.seconds] = [true, 0];
    check.start();
    await clock.advance(600_000);
    expect(messages).toBe(before);
    check.stop();
    expect(clock.pending).toBe(0);
  });

  it('rows 113 and 114: carry the fields of SendHeartbeat, metrics of the agent and of each model', () => {
    const usage = new UsageBook(clock);
    for (let ms = 1; ms <= 100; ms++) usage.inference('parts', ms);
    usage.failure('parts');
    usage.sample('parts');
    const model = { alias: 'parts', name: 'PartsDetector', version: '1.2.0', provider: 'cpu', variant: 'm.onnx' };
    const message = heartbeatOf(
      facts({ models: [{ ...model, golden: 'PASSED', drifts: [], usage: usage.take('parts') }] }),
    );
    expect(parseHeartbeat(JSON.stringify(message))).toEqual(message);
    expect(message).toMatchObject({
      AgentVersion: AGENT_VERSION,
      DeviceName: 'belt-7',
      DeviceFleetName: 'plant-2',
      Timestamp: NOON / 1_000,
      AgentMetrics: [
        { MetricName: 'Starts', Dimension: 'Total', Value: 3 },
        { MetricName: 'Crashes', Dimension: 'Total', Value: 1 },
        { MetricName: 'Uptime', Dimension: 'Seconds', Value: 60 },
        { MetricName: 'Cpu', Dimension: 'Percent', Value: 12.35 },
        { MetricName: 'Memory', Dimension: 'Bytes', Value: 90_000_000 },
      ],
      Models: [
        {
          ModelHandle: 'parts',
          ModelName: 'PartsDetector',
          ModelVersion: '1.2.0',
          LatestInference: NOON / 1_000,
          LatestSampleTime: NOON / 1_000,
          Provider: 'cpu',
          Golden: 'PASSED',
          ModelMetrics: [
            { MetricName: 'Inferences', Dimension: 'Count', Value: 100 },
            { MetricName: 'Failures', Dimension: 'Count', Value: 1 },
            { MetricName: 'InferenceLatencyMs', Dimension: 'Mean', Value: 50.5 },
            { MetricName: 'InferenceLatencyMs', Dimension: 'P95', Value: 95 },
          ],
        },
      ],
    });
  });

  it('row 114: count again after each, and remember when a model last worked', async () => {
    const usage = new UsageBook(clock);
    usage.inference('parts', 5);
    usage.take('parts');
    await clock.advance(300_000);
    expect(usage.take('parts')).toEqual({
      latestInference: NOON,
      latestSample: undefined,
      inferences: 0,
      failures: 0,
      meanLatencyMs: undefined,
      p95LatencyMs: undefined,
    });
    usage.keepOnly([]);
    expect(usage.take('parts').latestInference).toBeUndefined();
  });

  it('tell the last change of models, good or bad', () => {
    const error = { code: 'model.golden-mismatch', message: 'class 3, not 1', todo: '', status: 422, facts: {} };
    expect(changeOf('model.rejected', { alias: 'parts', path: '/p', error }, NOON)).toMatchObject({
      DeploymentName: 'activate parts',
      DeploymentStatus: 'FAIL',
      DeploymentModels: [
        {
          ModelHandle: 'parts',
          DesiredState: 'DEPLOY',
          Status: 'FAIL',
          StatusReason: 'model.golden-mismatch: class 3, not 1',
        },
      ],
    });
    const model = { alias: 'parts', name: 'P', version: '2.0.0', generation: 1, hash: '' };
    const change = changeOf('model.activated', { model, provider: 'cpu', variant: 'm', durationMs: 2_000 }, NOON);
    expect(change).toMatchObject({ DeploymentStatus: 'SUCCESS', DeploymentStartTime: NOON / 1_000 - 2 });
    expect(changeOf('configuration.applied', { restartNeeded: [] }, NOON)).toBeUndefined();
    expect(parseHeartbeat(JSON.stringify(heartbeatOf(facts({ lastChange: change })))).DeploymentResult).toEqual(change);
  });

  it('say the version of the recipe', async () => {
    expect((await readRecipe('edgeml.InferenceAgent')).version).toBe(AGENT_VERSION);
  });
});

describe('row 114: starts and crashes', () => {
  it('are counted over restarts: an end without a goodbye is a crash', async () => {
    const file = join(folder, 'life.json');
    const first = new LifeRecord(file);
    expect(await first.begin()).toEqual({ starts: 1, crashes: 0 });
    await first.end();
    expect(await new LifeRecord(file).begin()).toEqual({ starts: 2, crashes: 0 });
    expect(await new LifeRecord(file).begin()).toEqual({ starts: 3, crashes: 1 });
    await writeFile(file, '{"starts":');
    expect(await new LifeRecord(file).begin()).toEqual({ starts: 1, crashes: 0 });
  });
});

describe('row 117: the registration of the device', () => {
  const answers: (DeviceRegistration | Error)[] = [];
  let asked = 0;
  const make = async (): Promise<RegistrationCache> => {
    const deviceRegistration = async (): Promise<DeviceRegistration> => {
      asked++;
      const answer = answers.shift() ?? new Error('no network');
      if (answer instanceof Error) throw answer;
      return answer;
    };
    const cache = new RegistrationCache({
      file: join(folder, 'registration.json'),
      provider: { deviceRegistration },
      clock,
      log: silentLogger,
    });
    await cache.open();
    return cache;
  };

  beforeEach(() => {
    answers.length = 0;
    asked = 0;
  });

  it('holds for as long as the answer says, over a restart and without a network', async () => {
    answers.push({ active: false, ttlSeconds: 3_600 });
    const cache = await make();
    expect(await cache.isActive()).toBe(false);
    await clock.advance(3_599_000);
    const later = await make();
    expect(await later.isActive()).toBe(false);
    expect(asked).toBe(1);
    await clock.advance(1_000);
    answers.push({ active: true, ttlSeconds: 60 });
    expect(await later.isActive()).toBe(true);
    expect(asked).toBe(2);
  });

  it('goes by the last answer while there is no new one, and asks again every minute', async () => {
    answers.push({ active: true, ttlSeconds: 60 });
    const cache = await make();
    await cache.isActive();
    await clock.advance(120_000);
    expect([await cache.isActive(), await cache.isActive(), asked]).toEqual([true, true, 2]);
    await clock.advance(60_000);
    await cache.isActive();
    expect(asked).toBe(3);
  });

  it('counts as registered before the first answer', async () => {
    expect(await (await make()).isActive()).toBe(true);
  });
});

describe('row 112: the name of the device', () => {
  it.each([
    ['', 'belt-7', { name: 'belt-7' }],
    ['belt-7', 'belt-7', { name: 'belt-7' }],
    ['belt-8', 'belt-7', { name: 'belt-8', mismatch: { deviceName: 'belt-8', thing: 'belt-7' } }],
    ['Belt-7', 'belt-7', { name: 'Belt-7', mismatch: { deviceName: 'Belt-7', thing: 'belt-7' } }],
    ['belt-7', 'local', { name: 'belt-7' }],
  ])('%j on the thing %j', (configured, thing, expected) => {
    expect(deviceNames(configured, thing)).toEqual(expected);
  });
});

describe('row 102: providers', () => {
  const object = { bucket: 'data', key: 'a/b.jsonl', body: Buffer.from('x'), contentType: 'application/x-ndjson' };

  it('None keeps everything on the device', async () => {
    const provider = noneProvider();
    await expect(provider.uploadSampleData(object, signal)).rejects.toMatchObject({ code: 'cloud-provider.none' });
    expect(await provider.networkStatus()).toBe('NO_NETWORK_ACCESS');
    expect(await provider.deviceRegistration()).toMatchObject({ active: true });
  });

  it('Aws uploads to the store where the settings have it, and publishes heartbeats on MQTT in parts under 4 kB', async () => {
    const store = new MemoryObjectStore('data');
    const places: object[] = [];
    const messages: { topic: string; payload: string; qos: number | undefined }[] = [];
    const provider = awsProvider({
      openStore: (place) => {
        places.push(place);
        return store;
      },
      ipc: {
        publishIot: async (topic, payload, options) =>
          void messages.push({ topic, payload: payload.toString(), qos: options?.qos }),
      },
      clock,
      tryConnection: async () => undefined,
    });
    await provider.init();
    await provider.configure(settings());
    await provider.openCloudClient();
    await provider.uploadSampleData(object, signal);
    expect(store.object('data', 'a/b.jsonl')).toMatchObject({ contentType: 'application/x-ndjson', metadata: {} });

    const models = Array.from({ length: 40 }, (_, index) => ({
      alias: `model-${index}`,
      name: 'PartsDetector',
      version: '1.0.0',
      provider: 'cpu',
      variant: 'model.onnx',
      golden: 'PASSED' as const,
      drifts: [],
      usage: new UsageBook(clock).take('x'),
    }));
    await provider.sendHeartbeat(heartbeatOf(facts({ models })));
    expect(messages.length).toBeGreaterThan(1);
    expect(new Set(messages.map(({ topic }) => topic))).toEqual(new Set(['edgeml/belt-7/heartbeat']));
    expect(Math.max(...messages.map(({ payload }) => payload.length))).toBeLessThanOrEqual(4_000);
    expect(messages.flatMap(({ payload }) => parseHeartbeat(payload).Models)).toHaveLength(40);

    await provider.configure(settings({ s3Endpoint: 'http://store.local:9000', s3ForcePathStyle: true }));
    expect(places).toEqual([
      { region: 'eu-central-1', endpoint: '', forcePathStyle: false },
      { region: 'eu-central-1', endpoint: 'http://store.local:9000', forcePathStyle: true },
    ]);
    await provider.shutdown();
  });

  it('Aws asks the network at most every few seconds, and at once after an upload that did not get through', async () => {
    const store = new MemoryObjectStore('data');
    const hosts: string[] = [];
    let reachable = true;
    const provider = awsProvider({
      openStore: () => store,
      ipc: { publishIot: async () => undefined },
      clock,
      tryConnection: async ({ host }) => {
        hosts.push(host);
        if (!reachable) throw new Error('unreachable');
      },
    });
    await provider.configure(settings());
    expect(await Promise.all([provider.networkStatus(), provider.networkStatus()])).toEqual(['OK', 'OK']);
    expect(hosts).toEqual(['s3.eu-central-1.amazonaws.com']);
    reachable = false;
    expect(await provider.networkStatus()).toBe('OK');
    store.fault = DOWN;
    await expect(provider.uploadSampleData(object, signal)).rejects.toMatchObject({ code: 'store.unreachable' });
    expect(await provider.networkStatus()).toBe('NO_NETWORK_ACCESS');
    reachable = true;
    await clock.advance(2_000);
    expect(await provider.networkStatus()).toBe('OK');
  });

  it('tells a port that answers from one that does not', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const url = new URL(`http://127.0.0.1:${port}`);
    expect(await new NetworkProbe(clock).status(url)).toBe('OK');
    await new Promise((resolve) => server.close(resolve));
    expect(await new NetworkProbe(clock).status(url)).toBe('NO_NETWORK_ACCESS');
  });

  describe('Custom', () => {
    const module = async (text: string, name = 'provider.cjs'): Promise<string> => {
      const file = join(folder, name);
      await writeFile(file, text, { mode: 0o600 });
      return file;
    };
    const calls = (names: readonly string[]) => `{${names.map((name) => `${name}: async () => '${name}'`).join(',')}}`;

    it.each([
      ['CommonJS', 'provider.cjs', (body: string) => `module.exports = { createProvider: () => (${body}) };`],
      ['ES', 'provider.mjs', (body: string) => `export const createProvider = async () => (${body});`],
    ])('comes from a %s module with eight calls', async (_kind, name, text) => {
      const provider = await customProvider(await module(text(calls(PROVIDER_CALLS)), name));
      expect(PROVIDER_CALLS).toHaveLength(8);
      for (const call of PROVIDER_CALLS) {
        expect(await (provider as unknown as Record<string, () => Promise<string>>)[call]?.()).toBe(call);
      }
    });

    it('gets everything that the agent sends', async () => {
      const file = await module(
        `const seen = []; const note = (name) => async (...all) => void seen.push([name, ...all.slice(0, 1)]);
         module.exports = { createProvider: () => ({ seen, ${PROVIDER_CALLS.map((call) => `${call}: note('${call}')`).join(',')} }) };`,
      );
      const provider = (await customProvider(file)) as Provider & { readonly seen: readonly unknown[][] };
      const heartbeat: HeartbeatMessage = heartbeatOf(facts());
      await provider.configure(settings());
      await provider.uploadSampleData(object, signal);
      await provider.sendHeartbeat(heartbeat);
      expect(provider.seen).toEqual([
        ['configure', settings()],
        ['uploadSampleData', object],
        ['sendHeartbeat', heartbeat],
      ]);
    });

    it('is refused if a call is missing, by its name', async () => {
      const file = await module(`module.exports = { createProvider: () => (${calls(PROVIDER_CALLS.slice(1))}) };`);
      await expect(customProvider(file)).rejects.toMatchObject({
        code: 'cloud-provider.incomplete',
        message: expect.stringContaining('no init') as string,
      });
    });

    it.each([
      ['module.exports = {};', /createProvider/],
      ['throw new Error("broken");', /broken/],
      ['}', /cannot be used/],
    ])('is refused if it cannot be loaded: %s', async (text, said) => {
      await expect(customProvider(await module(text))).rejects.toMatchObject({
        code: 'cloud-provider.not-loaded',
        message: expect.stringMatching(said) as string,
      });
    });

    it('is refused if there is none', async () => {
      await expect(customProvider(join(folder, 'none.cjs'))).rejects.toMatchObject({
        code: 'cloud-provider.not-loaded',
      });
    });

    it('is refused where others could change it', async () => {
      const file = await module('module.exports = {};');
      await chmod(file, 0o620);
      await expect(customProvider(file)).rejects.toMatchObject({ code: 'cloud-provider.unsafe' });
      await chmod(file, 0o600);
      await chmod(folder, 0o777);
      await expect(customProvider(file)).rejects.toMatchObject({ code: 'cloud-provider.unsafe' });
      expect(await readFile(file, 'utf8')).toBe('module.exports = {};');
    });
  });
});
