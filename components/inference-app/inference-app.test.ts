import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { createAgentClient } from '#packages/http';
import type { AgentClient, ResultMessage } from '#packages/http';
import { connectIpc } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import { askSocket } from '../../testing/agent/ask-socket.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { FakeClock } from '../../testing/clock/fake-clock.ts';
import { MemoryNucleus } from '../../testing/ipc/memory-nucleus.ts';
import { InferenceApp } from './inference-app.ts';
import { COMPONENT } from './read-configuration.ts';
import { ScriptedAgent } from '../../testing/app/scripted-agent.ts';
import { testImage, writeTestImage } from '../../testing/app/test-image.ts';

let work: string;
let images: string;
let nucleus: MemoryNucleus;
let agent: ScriptedAgent;
let client: AgentClient;
let ipc: IpcSession;
let events: { level: string; event: string; facts: Record<string, unknown> }[];
let apps: InferenceApp[];
let levels: string[];

beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), 'edgeml-app-'));
  images = join(work, 'images');
  await mkdir(images);
  nucleus = new MemoryNucleus();
  agent = new ScriptedAgent(join(work, 'agent.sock'));
  await agent.start();
  client = createAgentClient({ socketPath: agent.socketPath });
  ipc = connectIpc({
    component: COMPONENT,
    environment: { ipcToken: undefined, ipcSocket: undefined, nucleus: 'java' },
    transport: nucleus.transport(COMPONENT),
  });
  [events, apps, levels] = [[], [], []];
});

afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await ipc.close();
  client.close();
  await agent.stop();
  await rm(work, { recursive: true, force: true });
});

const recorder = (): Logger => {
  const note =
    (level: string) =>
    (facts: object, event: string): void =>
      void events.push({ level, event, facts: { ...facts } });
  return { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error'), child: recorder };
};

async function start(configuration: object, clock: Clock = systemClock): Promise<InferenceApp> {
  nucleus.configuration.set(COMPONENT, [], configuration);
  const app = await InferenceApp.start({
    ipc,
    agent: client,
    thing: 'gate-7',
    sampleImages: '/none',
    workFolder: work,
    clock,
    random: seededRandom(1),
    log: recorder(),
    setLogLevel: (level) => levels.push(level),
  });
  apps.push(app);
  return app;
}

const once = (services: string, more: object = {}) => ({
  Sources: { line: { Path: images, Mode: 'once', Services: services, ...more } },
});
const watch = (services: string, more: object = {}) => ({
  Sources: { line: { Path: images, Mode: 'watch', Services: services, ...more } },
});
const results = (): ResultMessage[] =>
  nucleus.localMessages
    .filter(({ topic }) => topic.startsWith('edgeml/results/'))
    .map(({ message }) => message as ResultMessage);
const eventually = (condition: () => boolean): Promise<unknown> =>
  vi.waitUntil(condition, { timeout: PATIENCE_MS, interval: 5 });
const put = (name: string): Promise<void> => writeTestImage(join(images, name));

describe('InferenceApp, once', () => {
  it('has every image looked at by every service, publishes, draws, and finishes with 0', async () => {
    for (const name of ['a.jpg', 'b.png', 'c.webp']) await put(name);

    const app = await start(once('Detector, Classifier'));
    expect(await app.finished).toBe(0);

    const seen = results().map(({ service, image, source, thing }) => `${thing} ${source} ${service} ${image}`);
    expect(seen.sort()).toEqual(
      ['Classifier', 'Detector'].flatMap((service) =>
        ['a.jpg', 'b.png', 'c.webp'].map((image) => `gate-7 line ${service} ${image}`),
      ),
    );
    expect(nucleus.localMessages.map(({ topic }) => topic)).toContain('edgeml/results/Detector');
    expect(nucleus.iotMessages.map(({ topic }) => topic)).toContain('edgeml/gate-7/results/Classifier');
    expect(agent.invocations.map(({ contentType }) => contentType)).toContain('image/webp');
    expect((await readdir(join(work, 'annotated'))).sort()).toEqual([
      'Classifier--line--a.jpg',
      'Classifier--line--b.png.jpg',
      'Classifier--line--c.webp.jpg',
      'Detector--line--a.jpg',
      'Detector--line--b.png.jpg',
      'Detector--line--c.webp.jpg',
    ]);
    expect(
      results()
        .map(({ annotated }) => annotated)
        .sort(),
    ).toEqual((await readdir(join(work, 'annotated'))).sort());
    expect((await sharp(join(work, 'annotated', 'Detector--line--a.jpg')).metadata()).width).toBe(640);
    expect(app.counts).toMatchObject({ answered: 6, published: 12, annotated: 6, skipped: {} });
  });

  it('drops nothing, however slow the agent is', async () => {
    for (let n = 0; n < 20; n++) await put(`${n}.jpg`);
    let asked = 0;
    agent.answer = () => (asked++ % 3 === 0 ? { status: 503, code: 'admission.queue-full' } : []);

    const app = await start(once('Detector'));

    expect(await app.finished).toBe(0);
    expect(new Set(results().map(({ image }) => image)).size).toBe(20);
    expect(app.counts.skipped).toEqual({});
  });

  it('publishes an error for each image that gets no answer, and goes on', async () => {
    await put('good.jpg');
    await writeFile(join(images, 'text.jpg'), 'not an image');
    await writeFile(join(images, 'large.jpg'), Buffer.alloc(200_000));
    agent.answer = ({ body }) =>
      body.toString() === 'not an image' ? { status: 415, code: 'image.unrecognised' } : [];

    const app = await start({ ...once('Detector'), MaxImageMB: '0.1' });
    expect(await app.finished).toBe(0);

    const errors = Object.fromEntries(results().map(({ image, error }) => [image, error?.code]));
    expect(errors).toEqual({
      'good.jpg': undefined,
      'text.jpg': 'image.unrecognised',
      'large.jpg': 'source.file-too-large',
    });
    expect(app.counts.skipped).toEqual({ decode: 1, budget: 1 });
  });

  it('finishes with 1 when no model came in time, and says what to deploy', async () => {
    await put('a.jpg');
    agent.answer = () => ({ status: 404, code: 'model.not-found' });

    const app = await start({ ...once('Detector'), ModelWaitSeconds: 0.3 });
    expect(await app.finished).toBe(1);

    expect(results()).toMatchObject([
      { error: { code: 'service.no-model', message: expect.stringContaining('edgeml.model.Detector') as string } },
    ]);
  });

  it('finishes with 1 when the folder is not there', async () => {
    const app = await start(once('Detector', { Path: join(work, 'absent') }));

    expect(await app.finished).toBe(1);
    expect(events.find(({ event }) => event === 'source.failed')?.facts['error']).toMatchObject({
      code: 'source.folder-missing',
    });
  });

  it('finishes with 0 when there is nothing to look at', async () => {
    expect(await (await start(once('Detector'))).finished).toBe(0);
  });
});

describe('InferenceApp, watching', () => {
  it('answers each image that is dropped', async () => {
    await start(watch('Detector'));
    await eventually(() => events.some(({ event }) => event === 'source.watching'));

    const names = Array.from({ length: 5 }, (_, n) => `drop-${n}.jpg`);
    for (const [n, name] of names.entries()) {
      await put(name);
      await eventually(() => results().length === n + 1);
    }

    expect(results()).toMatchObject(names.map((image) => ({ image, predictions: [{ label: 'bolt', score: 0.9123 }] })));
  });

  it('waits for a model, says which component to deploy, and answers when an event tells of it', async () => {
    let isActive = false;
    agent.answer = () => (isActive ? [] : { status: 404, code: 'model.not-found' });
    await put('a.jpg');
    await start(watch('Detector'));
    await eventually(() => events.some(({ event }) => event === 'service.no-model'));

    expect(events.find(({ event }) => event === 'service.no-model')?.facts).toMatchObject({
      deploy: 'edgeml.model.Detector',
    });
    isActive = true;
    nucleus.publish('edgeml/events', { event: 'model.activated' });
    await eventually(() => results().length === 1);
  });

  it('says at its start that images wait for a model, and calls it wrong only if that lasts', async () => {
    agent.answer = () => ({ status: 404, code: 'model.not-found' });
    await put('a.jpg');
    const clock = new FakeClock();
    await start(watch('Detector'), clock);
    const incidents = async () => {
      const { body } = await askSocket(join(work, 'app.sock'), { method: 'GET', path: '/healthz' });
      return (JSON.parse(body) as { incidents: readonly object[] }).incidents;
    };
    const levels = () => events.flatMap(({ level, event }) => (event === 'service.no-model' ? level : []));
    const pass = async (ms: number) => (await clock.advance(ms), levels());
    await expect.poll(() => pass(10)).toEqual(['info']);
    const tries = agent.invocations.length;
    await expect.poll(async () => (await pass(10), agent.invocations.length)).toBeGreaterThan(tries);
    expect([levels(), await incidents()]).toEqual([['info'], []]);

    await expect.poll(() => pass(5_000)).toEqual(['info', 'error']);
    expect(await incidents()).toMatchObject([{ code: 'service.no-model', subject: 'Detector' }]);
  });

  it('asks every active model when no service is named, those that come later too', async () => {
    await put('a.jpg');
    await start(watch(''));
    await eventually(() => events.some(({ event }) => event === 'service.no-model'));

    agent.active = ['Detector'];
    nucleus.publish('edgeml/events', { event: 'model.activated' });
    await eventually(() => results().length === 1);
    agent.active = ['Detector', 'Classifier'];
    nucleus.publish('edgeml/events', { event: 'model.activated' });
    await put('b.jpg');
    await eventually(() => results().length === 3);

    expect(
      results()
        .map(({ service, image }) => `${image} ${service}`)
        .sort(),
    ).toEqual(['a.jpg Detector', 'b.jpg Classifier', 'b.jpg Detector']);
  });

  describe('without a list of services', () => {
    const asked = () =>
      results()
        .map(({ service, image }) => `${image} ${service}`)
        .sort();

    it('asks models that are retiring, too', async () => {
      agent.active = ['Detector', 'Classifier'];
      agent.retiring.add('Detector');
      await put('a.jpg');
      await start(watch(''));
      await eventually(() => results().length === 2);
      expect(asked()).toEqual(['a.jpg Classifier', 'a.jpg Detector']);
    });

    it('waits for the models that an agent restores after its start', async () => {
      agent.active = ['Classifier'];
      agent.expected = ['Detector'];
      agent.answer = ({ service }) =>
        agent.active.includes(service) ? [] : { status: 503, code: 'admission.model-loading' };
      for (let n = 0; n < 20; n++) await put(`${n}.jpg`);
      const app = await start(watch(''));
      await eventually(() => results().length === 20 && events.some(({ event }) => event === 'agent.not-ready'));

      agent.active.push('Detector');
      agent.expected = [];
      nucleus.publish('edgeml/events', { event: 'model.restored' });
      await eventually(() => results().length === 40);
      expect(app.counts).toMatchObject({ frames: 40, answered: 40, skipped: {} });
    });

    it('knows after a restart of its own what it asked before', async () => {
      agent.active = ['Detector', 'Classifier'];
      await put('a.jpg');
      const before = await start(watch(''));
      await eventually(() => results().length === 2);
      await before.stop();

      agent.active = ['Classifier'];
      agent.answer = ({ service }) => (agent.active.includes(service) ? [] : { status: 404, code: 'model.not-found' });
      await put('b.jpg');
      await start(watch('', { ReadExisting: false }));
      await eventually(() => events.filter(({ event }) => event === 'source.watching').length === 2);
      await put('c.jpg');
      await eventually(() => events.some(({ event }) => event === 'service.no-model'));
      agent.active = ['Classifier', 'Detector'];
      nucleus.publish('edgeml/events', { event: 'model.activated' });
      await eventually(() => asked().includes('c.jpg Detector'));
    });

    it('counts and tells each image that a removed model has missed', async () => {
      agent.active = ['Detector', 'Classifier'];
      agent.answer = ({ service }) => (service === 'Classifier' ? [] : { status: 404, code: 'model.not-found' });
      for (const name of ['a.jpg', 'b.jpg', 'c.jpg']) await put(name);
      const app = await start(watch(''));
      await eventually(() => results().length === 3 && events.some(({ event }) => event === 'service.no-model'));

      agent.active = ['Classifier'];
      nucleus.publish('edgeml/events', { event: 'model.retired', model: { alias: 'Detector' } });
      await eventually(() => results().length === 6);
      expect(events.find(({ event }) => event === 'service.no-longer-asked')?.facts).toEqual({
        service: 'Detector',
        reason: 'its model was retired',
      });
      expect(app.counts).toMatchObject({ frames: 6, answered: 3, skipped: { model: 3 } });
      expect(results().filter(({ error }) => error?.code === 'service.no-model')).toHaveLength(3);
      await put('d.jpg');
      await eventually(() => results().length === 7);
      expect(app.counts).toMatchObject({ frames: 7, answered: 4, skipped: { model: 3 } });
    });
  });

  it('goes on when the agent restarts', async () => {
    await start(watch('Detector'));
    await put('a.jpg');
    await eventually(() => results().length === 1);

    await agent.stop();
    await put('b.jpg');
    await eventually(() => events.some(({ event }) => event === 'agent.not-ready'));
    await agent.start();
    await eventually(() => results().length === 2);

    expect(results()[1]).toMatchObject({ image: 'b.jpg', predictions: [{ label: 'bolt' }] });
  });

  it('publishes what it saw while the nucleus was away', async () => {
    await start(watch('Detector'));
    await eventually(() => events.some(({ event }) => event === 'source.watching'));
    const revive = nucleus.hideSocket();
    nucleus.dropConnections();
    await put('a.jpg');
    await eventually(() => agent.invocations.length === 1);

    revive();
    await eventually(() => results().length === 1);
  });

  it('keeps results small', async () => {
    agent.answer = () =>
      Array.from({ length: 100 }, (_, n) => ({
        classId: n,
        label: `part-${n}`,
        score: 1 - n / 100,
        box: [0, 0, 1, 1],
      }));
    await put('a.jpg');
    await start(watch('Detector'));
    await eventually(() => results().length === 1);

    const [result] = results();
    expect(JSON.stringify(result).length).toBeLessThanOrEqual(4_000);
    expect((result?.truncated ?? 0) + (result?.predictions.length ?? 0)).toBe(100);
  });

  it('tells of a picture that cannot be drawn, and publishes its result all the same', async () => {
    await start({ ...watch('Detector'), Annotate: { MinFreeDiskMB: 1_000_000 } });
    await put('a.jpg');
    await eventually(() => results().length === 1 && events.some(({ event }) => event === 'annotation.failed'));
  });
});

describe('InferenceApp configuration', () => {
  it('takes further sources as one text, under names of their own', async () => {
    await put('a.jpg');
    await start({
      Sources: { images: { Enabled: false } },
      MoreSources: JSON.stringify({ line: { Path: images, Services: ['Detector'] } }),
    });
    await eventually(() => results().length === 1);
    expect(results()).toMatchObject([{ source: 'line', image: 'a.jpg' }]);
    await expect(start({ Sources: { line: {} }, MoreSources: { line: {} } })).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringContaining('/MoreSources/line: is in Sources, too') as string,
    });
    await expect(start({ Sources: { a: {}, b: {} }, MoreSources: { c: {} }, MaxSources: 2 })).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringContaining('/MaxSources: is 2, and there are 3 sources') as string,
    });
  });

  it('shows its metrics in SocketFolder too', async () => {
    const shared = join(work, 'shared');
    await start({ ...watch('Detector'), SocketFolder: shared });
    for (const folder of [work, shared]) {
      expect((await askSocket(join(folder, 'app.sock'), { method: 'GET', path: '/metrics' })).status).toBe(200);
    }
    expect(((await stat(shared)).mode & 0o7777).toString(8)).toBe('2750');
  });

  it('does not start with a configuration that is wrong, and names each setting', async () => {
    await expect(start({ Concurrency: 'many', Sources: { line: { Mode: 'sometimes' } } })).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringMatching(
        /\/Concurrency.*\/Sources\/line\/Mode|\/Sources\/line\/Mode.*\/Concurrency/,
      ) as string,
    });
  });

  it('follows changes without a restart, and leaves sources that did not change alone', async () => {
    const other = join(work, 'other');
    await mkdir(other);
    await writeTestImage(join(other, 'b.jpg'));
    await put('a.jpg');
    await start({ ...watch('Detector'), LogLevel: 'warn' });
    await eventually(() => results().length === 1);

    nucleus.configure(COMPONENT, ['Sources', 'more'], { Path: other, Services: ['Detector'] });
    nucleus.configure(COMPONENT, ['LogLevel'], 'debug');
    await eventually(() => results().length === 2 && levels.includes('debug'));
    nucleus.configure(COMPONENT, ['Sources', 'line', 'Enabled'], 'false');
    await eventually(() => events.some(({ event }) => event === 'source.stopped'));

    expect(results().map(({ source, image }) => `${source} ${image}`)).toEqual(['line a.jpg', 'more b.jpg']);
    expect(events.filter(({ event }) => event === 'source.started').map(({ facts }) => facts['source'])).toEqual([
      'line',
      'more',
    ]);
  });

  it('stays with what it has when a change is wrong, and rejects it when it is asked before', async () => {
    await start(watch('Detector'));

    expect(await nucleus.askValidity(COMPONENT, { Sources: { line: { Mode: 'never' } } })).toMatchObject({
      status: 'REJECTED',
      message: expect.stringContaining('/Sources/line/Mode') as string,
    });
    expect(await nucleus.askValidity(COMPONENT, watch('Other'))).toMatchObject({ status: 'ACCEPTED' });
    nucleus.configure(COMPONENT, ['Sources', 'line', 'Mode'], 'never');
    await eventually(() => events.some(({ event }) => event === 'app.configuration-rejected'));
    await put('a.jpg');
    await eventually(() => results().length === 1);
  });

  it('says that it has nothing to do without a source, and waits for one', async () => {
    await put('a.jpg');
    await start({ Sources: { images: { Enabled: false } } });
    expect(events.map(({ event }) => event)).toContain('app.no-sources');

    nucleus.configure(COMPONENT, ['Sources', 'images'], { Path: images, Services: 'Detector' });
    await eventually(() => results().length === 1);
  });
});

describe('InferenceApp, started again', () => {
  it('answers nothing twice, be it stopped in the middle', async () => {
    for (let n = 0; n < 12; n++) await put(`${n}.jpg`);
    let answers = 0;
    agent.answer = async () => (answers++ < 5 ? [] : new Promise<never>(() => undefined));
    const first = await start({ ...watch('Detector'), Concurrency: 1 });
    await eventually(() => agent.invocations.length === 6);
    await first.stop();
    expect(results()).toHaveLength(5);

    agent.answer = () => [];
    await start(watch('Detector'));
    await eventually(() => results().length === 12);
    await put('later.jpg');
    await eventually(() => results().some(({ image }) => image === 'later.jpg'));
    expect(
      results()
        .map(({ image }) => image)
        .sort(),
    ).toEqual([...Array.from({ length: 12 }, (_, n) => `${n}.jpg`), 'later.jpg'].sort());
  });
});

describe('InferenceApp, stopping', () => {
  it('ends at once with requests under way, and leaves nothing running', async () => {
    await put('a.jpg');
    agent.answer = () => new Promise(() => undefined);
    const app = await start(watch('Detector'));
    await eventually(() => agent.invocations.length === 1);

    await app.stop();
    await app.stop();

    expect(await app.finished).toBe(0);
    expect(app.counts.skipped).toEqual({ stopped: 1 });
    await writeFile(join(images, 'b.jpg'), await testImage());
    expect(agent.invocations).toHaveLength(1);
  });
});
