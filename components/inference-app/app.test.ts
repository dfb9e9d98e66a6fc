import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger, systemClock } from '#packages/foundation';
import type { ResultMessage } from '#packages/http';
import { accessControlFor } from '#packages/ipc';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { memoryNucleusPort } from '../../testing/local-core/memory-nucleus-port.ts';
import { startIpcServer } from '../../tools/local-core/ipc/server.ts';
import type { IpcServer } from '../../tools/local-core/ipc/server.ts';
import { LocalPubSub, messageIn } from '../../tools/local-core/pubsub/local-pubsub.ts';
import type { Child } from '../../testing/process/child.ts';
import { startComponent } from '../../testing/process/start-component.ts';
import { COMPONENT } from './read-configuration.ts';
import { ScriptedAgent } from '../../testing/app/scripted-agent.ts';
import { writeTestImage } from '../../testing/app/test-image.ts';

let work: string;
let agent: ScriptedAgent;
let server: IpcServer | undefined;
let processes: Child[];
let results: ResultMessage[];

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'edgeml-process-'));
  await mkdir(join(work, 'images'));
  agent = new ScriptedAgent(join(work, 'agent.sock'));
  await agent.start();
  [processes, results] = [[], []];
});

afterEach(async () => {
  await Promise.all(processes.map((app) => app.end('SIGKILL')));
  await server?.close();
  server = undefined;
  await agent.stop();
  await rm(work, { recursive: true, force: true });
});

/** A nucleus with the component's own access control, as its recipe has it. */
async function startNucleus(configuration: object, options: { lite?: boolean } = {}): Promise<Record<string, string>> {
  const nucleus = memoryNucleusPort({
    [COMPONENT]: { configuration: { ...configuration, accessControl: accessControlFor(COMPONENT) } },
  });
  const pubsub = new LocalPubSub(silentLogger);
  pubsub.subscribe({
    filter: 'edgeml/results/+',
    subscriber: 'test',
    deliver: ({ body }) => void results.push(messageIn(body) as ResultMessage),
  });
  const socketPath = join(work, 'ipc.socket');
  server = await startIpcServer({
    socketPath,
    nucleus,
    pubsub,
    strictLite: options.lite,
    clock: systemClock,
    log: silentLogger,
  });
  return {
    SVCUID: nucleus.tokenOf(COMPONENT),
    AWS_GG_NUCLEUS_DOMAIN_SOCKET_FILEPATH_FOR_COMPONENT: socketPath,
    AWS_IOT_THING_NAME: 'gate-7',
    EDGEML_AGENT_SOCKET: agent.socketPath,
  };
}

async function startApp(variables: Record<string, string>, configuration?: object): Promise<Child> {
  const environment = { HOME: work, ...variables };
  const app = await startComponent('inference-app', {
    workFolder: work,
    environment,
    ...(configuration ? { configuration } : {}),
  });
  processes.push(app);
  return app;
}

const eventsOf = (app: Child): unknown[] => app.documents().map((line) => line['event']);
const eventually = (condition: () => boolean): Promise<unknown> =>
  vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 10 });

describe('edgeml.InferenceApp as a process', () => {
  it.each([
    ['the nucleus', {}],
    ['nucleus lite, where every value is a text', { lite: true }],
  ])(
    'looks at its folder once under %s, with the permissions of its recipe alone, and ends with 0',
    async (_, options) => {
      for (const name of ['a.jpg', 'b.PNG']) await writeTestImage(join(work, 'images', name));
      const line = { Path: 'images', Mode: 'once', Services: 'Detector', InferenceInterval: '10', Recursive: 'true' };

      // Without a connection to IoT Core results on MQTT fail, which must not hold anything up.
      const app = await startApp(
        await startNucleus({ Sources: { images: line }, Concurrency: '1', Mqtt: { Enabled: 'true' } }, options),
      );

      expect(await app.exit).toBe(0);
      expect(results.map(({ image, thing }) => `${thing} ${image}`)).toEqual(['gate-7 a.jpg', 'gate-7 b.PNG']);
      expect(eventsOf(app)).toContain('app.statistics');
      expect(app.err).toBe('');
    },
  );

  it.skipIf(process.platform !== 'linux').each([
    ['not loaded', {}, false],
    ["loaded by the SDK's transport", { EDGEML_IPC_TRANSPORT: 'sdk' }, true],
  ])('speaks with the nucleus with aws-crt %s', async (_, chosen, isLoaded) => {
    await writeTestImage(join(work, 'images', 'a.jpg'));
    const configuration = { Sources: { images: { Services: ['Detector'] } } };

    const app = await startApp({ ...(await startNucleus(configuration)), ...chosen });
    await eventually(() => results.length === 1);

    expect((await readFile(`/proc/${app.pid}/maps`, 'utf8')).includes('aws-crt')).toBe(isLoaded);
  });

  it('ends on SIGTERM with 0, whatever it waits for', async () => {
    await writeTestImage(join(work, 'images', 'a.jpg'));
    agent.answer = () => new Promise(() => undefined);
    const app = await startApp(await startNucleus({ Sources: { images: { Services: ['Detector'] } } }));
    await eventually(() => agent.invocations.length === 1);

    expect(await app.end('SIGTERM')).toBe(0);
  });

  it.each([
    ['the nucleus', {}],
    ['nucleus lite, which only hangs up', { lite: true }],
  ])('ends with 1 when %s does not know it', async (_, options) => {
    const app = await startApp({ ...(await startNucleus({}, options)), SVCUID: 'unknown' });

    expect(await app.exit).toBe(1);
    expect(app.documents().at(-1)).toMatchObject({ event: 'app.ended', error: { code: 'ipc.refused' } });
  });

  it('ends with 1 and the names of wrong settings', async () => {
    const app = await startApp(await startNucleus({ Concurrency: 'many' }));

    expect(await app.exit).toBe(1);
    expect(app.documents().at(-1)).toMatchObject({
      error: { code: 'config.invalid', message: expect.stringContaining('/Concurrency') as string },
    });
  });

  it('ends with 1 when nobody says where the agent is', async () => {
    const app = await startApp({});

    expect(await app.exit).toBe(1);
    expect(app.documents().at(-1)).toMatchObject({ error: { code: 'app.no-agent-socket' } });
  });

  it('runs without a nucleus on a configuration from a file, results in the log', async () => {
    await writeTestImage(join(work, 'images', 'a.jpg'));
    const configuration = {
      Sources: { images: { Mode: 'once', Services: 'Detector' } },
      ResultTopic: '',
      Mqtt: { Enabled: false },
    };

    const app = await startApp({ EDGEML_AGENT_SOCKET: agent.socketPath }, configuration);

    expect(await app.exit).toBe(0);
    expect(app.documents().find(({ event }) => event === 'app.result')).toMatchObject({
      image: 'a.jpg',
      service: 'Detector',
    });
  });
});
