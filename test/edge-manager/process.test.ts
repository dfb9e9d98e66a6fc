import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { filesBelow, silentLogger } from '#packages/foundation';
import { MemoryNucleus } from '../../testing/ipc/memory-nucleus.ts';
import type { Child } from '../../testing/process/child.ts';
import { startComponent } from '../../testing/process/start-component.ts';
import { COMPONENT } from '../../components/inference-agent/settings/live-configuration.ts';
import { startInProcess } from '../../testing/agent/in-process-agent.ts';
import { temporaryFolder } from '../../testing/agent/package-folder.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { corePaths } from '../../tools/local-core/paths.ts';
import { interpolate } from '../../tools/local-core/variables/interpolate.ts';
import { EdgeClient, floatsOf, tensorOf } from '../../testing/edge-manager/client.ts';
import { EdgeAgent } from '../../testing/edge-manager/edge-agent.ts';
import { bareModel, slowModel } from '../../testing/edge-manager/models.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => (folder = await temporaryFolder()));
afterEach(() => folder.remove());

const LISTENING = /Server listening on unix:\/\//;
const socket = (): string => path.join(folder.path, 'edge.sock');

function start(...words: string[]): Promise<Child> {
  return startComponent('inference-agent', { workFolder: path.join(folder.path, 'work'), words });
}

async function configured(configuration: object): Promise<string> {
  const file = path.join(folder.path, 'agent.json');
  await writeFile(file, JSON.stringify(configuration));
  return file;
}

async function lists(target: string): Promise<boolean> {
  const client = new EdgeClient(target);
  try {
    return (await client.call('ListModels')).models.length === 0;
  } finally {
    client.close();
  }
}

async function killed(): Promise<void> {
  const first = await start('-a', socket());
  await first.line(LISTENING);
  await first.end('SIGKILL');
  expect(existsSync(socket())).toBe(true);
}

function listening(at: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((connection) => connection.destroy()).listen(at, () => resolve(server));
  });
}

describe('the command line of the old agent', () => {
  it('row 103: -a names the socket, -c the configuration', async () => {
    const agent = await start('-a', `unix://${socket()}`, '-c', await configured({ LogLevel: 'debug' }));
    await agent.line(LISTENING);
    expect(await lists(`unix://${socket()}`)).toBe(true);
    expect(await agent.end()).toBe(0);
  });

  it('row 103: a socket on which somebody listens is an error, and with -f removed; one that was left is replaced', async () => {
    await killed();
    const second = await start('-a', socket());
    await second.line(LISTENING);
    await second.end();
    const holder = await listening(socket());
    const refused = await start('-a', socket());
    await refused.line(/edge-manager\.socket-exists/);
    expect(await refused.exit).toBe(1);
    const forced = await start('-a', socket(), '-f');
    await forced.line(LISTENING);
    expect(await lists(`unix:${socket()}`)).toBe(true);
    await forced.end();
    holder.close();
  });

  it('row 103: -m bounds the messages, in bytes', async () => {
    const agent = await start('-a', socket(), '-m', String(2 * 1024 ** 2));
    await agent.line(LISTENING);
    const client = new EdgeClient(`unix:${socket()}`);
    const predict = (bytes: number) =>
      client.call('Predict', { name: 'nobody', tensors: [{ byte_data: Buffer.alloc(bytes) }] }).catch(String);
    expect(await predict(1024 ** 2)).toContain('NOT_FOUND');
    expect(await predict(2 * 1024 ** 2 + 1)).toContain('RESOURCE_EXHAUSTED');
    client.close();
    await agent.end();
    const wrong = await start('-a', socket(), '-m', '4MB');
    expect(await wrong.exit).toBe(1);
    expect(wrong.lines.join()).toContain('-m takes a number of bytes');
  });

  it('row 103: a file that is not a socket stays', async () => {
    await writeFile(socket(), 'precious');
    const refused = await start('-a', socket(), '-f');
    expect(await refused.exit).toBe(1);
    expect(await readFile(socket(), 'utf8')).toBe('precious');
  });
});

describe('the configured socket', () => {
  it('row 103: replaces what a killed agent left, and waits for one that another process holds', async () => {
    const file = await configured({ UnixSocketName: socket() });
    await killed();
    const again = await start('--configuration', file);
    await again.line(LISTENING);
    await again.end();

    const holder = await listening(socket());
    const waiting = await start('--configuration', file);
    await waiting.line(/"edge-manager\.not-served"/);
    await waiting.line(/"agent\.ready"/);
    await new Promise((resolve) => holder.close(resolve));
    await waiting.line(LISTENING);
    expect(await lists(`unix://${socket()}`)).toBe(true);
    await waiting.end();
  });

  it('row 104: is told in the log as Edge Manager told it', async () => {
    const agent = await start('--configuration', await configured({ UnixSocketName: socket() }));
    const line = await agent.line(LISTENING);
    expect(line).toContain(`Server listening on unix://${socket()}`);
    await agent.end();
  });

  it('has the permissions that are configured, the group’s by default', async () => {
    for (const [settings, mode] of [
      [{}, 0o660],
      [{ UnixSocketMode: '666' }, 0o666],
    ] as const) {
      const agent = await start('--configuration', await configured({ UnixSocketName: socket(), ...settings }));
      await agent.line(LISTENING);
      expect((await stat(socket())).mode & 0o777).toBe(mode);
      await agent.end();
    }
  });

  it('is served where a fleet or a socket is named, and not otherwise', async () => {
    const off = await start('--configuration', await configured({ UnixSocketName: socket(), EdgeManager: 'off' }));
    await off.line(/"agent\.ready"/);
    expect(existsSync(socket())).toBe(false);
    await off.end();
    expect(off.lines.filter((line) => LISTENING.test(line))).toEqual([]);
  });
});

describe('the log', () => {
  it('row 105: tells of a refused call once per client and reason, of each with SagemakerEdgeLogVerbose, and goes to a file too', async () => {
    for (const verbose of ['false', 'true']) {
      const LogFile = `agent-${verbose}.log`;
      const settings = { UnixSocketName: socket(), SagemakerEdgeLogVerbose: verbose, LogFile };
      const agent = await start('--configuration', await configured(settings));
      await agent.line(LISTENING);
      const client = new EdgeClient(`unix://${socket()}`);
      for (const name of ['nobody', 'nobody', 'somebody'])
        await client.call('UnLoadModel', { name }).catch(() => undefined);
      client.close();
      await agent.end();
      const failed = agent.lines.filter((line) => line.includes('edge-manager.call-failed'));
      expect(failed.filter((line) => line.includes('"level":"warn"'))).toHaveLength(2);
      expect(failed).toHaveLength(verbose === 'true' ? 3 : 2);
      expect(failed[0]).toMatch(/"call":"UnLoadModel","model":"nobody".*"client":".*node/);
      const logged = (await readFile(path.join(folder.path, 'work', LogFile), 'utf8')).trim().split('\n');
      expect(agent.lines.slice(-logged.length)).toEqual(logged);
      expect(logged.some((line) => LISTENING.test(line))).toBe(true);
    }
  });
});

const STAND_IN = 'edgeml.EdgeManager';

describe('the setting UnixSocketName', () => {
  it('row 122: can be read by recipes of dependants, with its default', async () => {
    const recipe = parse(await readFile(path.join(PROJECT, `recipes/${STAND_IN}.yaml`), 'utf8')) as {
      readonly ComponentConfiguration: { readonly DefaultConfiguration: Readonly<Record<string, unknown>> };
    };
    const agent = {
      name: STAND_IN,
      version: '1.0.0',
      configuration: recipe.ComponentConfiguration.DefaultConfiguration,
    };
    const app = { name: 'com.example.App', version: '1.0.0', configuration: {} };
    const components = new Map([agent, app].map((scope) => [scope.name, scope]));
    const context = { paths: corePaths('/gg'), thingName: 'belt-7', components, log: silentLogger };
    const text = `{${STAND_IN}:configuration:/UnixSocketName}`;
    expect(interpolate(text, app, new Set([STAND_IN]), context)).toBe('/tmp/aws.greengrass.SageMakerEdgeManager.sock');
  });

  it('row 122: moves the socket while the agent runs', async () => {
    const nucleus = new MemoryNucleus();
    const [first, second] = ['first.sock', 'second.sock'].map((name) => path.join(folder.path, name)) as [
      string,
      string,
    ];
    nucleus.configuration.set(COMPONENT, [], { UnixSocketName: first });
    const work = path.join(folder.path, 'work');
    await mkdir(work);
    const agent = await startInProcess(work, nucleus);
    try {
      expect(await lists(`unix://${first}`)).toBe(true);
      nucleus.configure(COMPONENT, ['UnixSocketName'], second);
      await expect.poll(() => existsSync(second) && !existsSync(first)).toBe(true);
      expect(await lists(`unix:${second}`)).toBe(true);
      nucleus.configure(COMPONENT, ['EdgeManager'], 'off');
      await expect.poll(() => existsSync(second)).toBe(false);
    } finally {
      await agent.close();
    }
  });
});

describe('the end', () => {
  it('row 123: comes by SIGHUP too, which unit files of the old agent send, and leaves no socket', async () => {
    const agent = await start('-a', socket());
    await agent.line(LISTENING);
    expect(await agent.end('SIGHUP')).toBe(0);
    expect(existsSync(socket())).toBe(false);
  });

  it('row 123: answers all calls in flight, those that wait for a worker too', async () => {
    const agent = await EdgeAgent.start(folder.path);
    const client = agent.client();
    const url = await bareModel(path.join(folder.path, 'model'), slowModel(1));
    await client.call('LoadModel', { url, name: 'slow' });
    const tensors = [tensorOf('input', 'FLOAT32', [1], Float32Array.of(1))];
    const calls = Array.from({ length: 8 }, () => client.call('Predict', { name: 'slow', tensors }));
    await client.call('ListModels');
    const end = agent.process.end('SIGTERM');
    for (const { tensors: answered } of await Promise.all(calls)) expect(floatsOf(answered[0]!)).toHaveLength(1);
    expect(await end).toBe(0);
    await agent.stop();
  });

  it('row 123: answers what runs, writes what was captured, unloads and removes the socket', async () => {
    const captured = path.join(folder.path, 'captured');
    const agent = await EdgeAgent.start(folder.path, {
      DeviceFleetName: 'belts',
      CaptureDataDestination: 'Disk',
      CaptureDataDiskPath: captured,
      CaptureDataPushPeriodSeconds: 3_600,
      CloudProvider: 'None',
    });
    const client = agent.client();
    const url = await bareModel(path.join(folder.path, 'model'), slowModel(4));
    await client.call('LoadModel', { url, name: 'slow' });
    const tensor = tensorOf('input', 'FLOAT32', [1], Float32Array.of(1));
    await client.call('CaptureData', { model_name: 'slow', capture_id: 'last-1', input_tensors: [tensor] });
    const running = client.call('Predict', { name: 'slow', tensors: [tensor] });
    // Answered on the same connection: Predict has arrived before.
    await client.call('ListModels');
    const end = agent.process.end('SIGTERM');
    expect(floatsOf((await running).tensors[0]!)).toHaveLength(1);
    expect(await end).toBe(0);
    expect(existsSync(agent.socketPath)).toBe(false);
    expect(await textsBelow(captured)).toContain('"eventId":"last-1"');
    await agent.stop();
  });
});

async function textsBelow(at: string): Promise<string> {
  const files = await filesBelow(at);
  const texts = files.map((file) => readFile(path.join(at, file), 'utf8'));
  return (await Promise.all(texts)).join('\n');
}
