import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EdgeError, Incidents, silentLogger, Waker } from '#packages/foundation';
import type { InvokeOptions, InvokeResult } from '#packages/http';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { testFrame } from '../../../testing/app/test-frame.ts';
import type { Frame } from '../frame/frame.ts';
import { ActiveServices } from './active-services.ts';
import { AwaitedServices } from './awaited-services.ts';
import { FileNaming } from './file-naming.ts';
import { KnownServices } from './known-services.ts';
import { InferenceRetrier } from './inference-retrier.ts';
import type { Patience } from './inference-retrier.ts';
import { remedyFor, skipReasonOf } from './remedy.ts';

const error = (code: string, status: number, facts = {}): EdgeError =>
  new EdgeError(code, { status, todo: 'Nothing.' }, `scripted ${code}`, { facts });

const noModel = error('model.not-found', 404);
const unreachable = error('agent.unreachable', 503);
const result = { id: '1', predictions: [] } as unknown as InvokeResult;

let clock: FakeClock;
let waker: Waker;
let lines: { level: string; event: string; facts: Record<string, unknown> }[];
let script: (Error | InvokeResult)[];
let asked: InvokeOptions[];
let kept: { bytes: Uint8Array; answer: InvokeResult }[];
let retrier: InferenceRetrier;
let incidents: Incidents;
let awaited: AwaitedServices;

beforeEach(() => {
  clock = new FakeClock();
  waker = new Waker();
  lines = [];
  script = [];
  asked = [];
  kept = [];
  const note =
    (level: string) =>
    (facts: object, event: string): void =>
      void lines.push({ level, event, facts: { ...facts } });
  const log = { ...silentLogger, error: note('error'), warn: note('warn'), info: note('info') };
  incidents = new Incidents(log);
  awaited = new AwaitedServices({ clock, incidents, log });
  const invokeFile = (_service: string, file: string, options: object = {}): Promise<InvokeResult> =>
    answer({ ...options, contentType: file });
  const invoke = (_service: string, _image: Uint8Array, options: InvokeOptions): Promise<InvokeResult> =>
    answer(options);
  const answer = async (options: InvokeOptions): Promise<InvokeResult> => {
    asked.push(options);
    const next = script.length > 1 ? script.shift() : script[0];
    if (next === undefined) throw new Error('the script is empty');
    if (next instanceof Error) throw next;
    return next;
  };
  retrier = new InferenceRetrier({
    agent: {
      invoke,
      invokeFile,
      invokeFrame: (service, _frame, call) => invoke(service, new Uint8Array(), { contentType: 'frame', ...call }),
    },
    naming: new FileNaming({ clock, log }),
    wantsImages: (service) => service === 'WithFeedback',
    onAnswer: (_frame, image, answer) => void kept.push({ bytes: image.bytes, answer }),
    clock,
    random: () => 1,
    incidents,
    awaited,
    waker,
    timeoutMs: () => 2_500,
  });
});

const forever: Patience = { signal: new AbortController().signal, waitMs: Infinity };

async function outcomeOf<T>(work: Promise<T>): Promise<{ value?: T; error?: unknown }> {
  const outcome: { value?: T; error?: unknown } = {};
  void work.then(
    (value) => (outcome.value = value),
    (thrown: unknown) => (outcome.error = thrown),
  );
  await clock.advance(0);
  return outcome;
}

describe('InferenceRetrier', () => {
  it('asks with the deadline and the type of the image', async () => {
    script = [result];

    expect(await retrier.ask(testFrame(clock, '1'), 'Parts', forever)).toBe(result);
    expect(asked).toMatchObject([{ contentType: 'image/jpeg', deadlineMs: 2_500 }]);
  });

  it('names the component to deploy when no model is active, waits, and goes on when one is', async () => {
    script = [noModel];
    const outcome = await outcomeOf(retrier.ask(testFrame(clock, '1'), 'Parts', forever));
    await clock.advance(66_000);
    expect(outcome).toEqual({});
    script = [result];
    await clock.advance(5_000);

    expect(outcome.value).toBe(result);
    const facts = { subject: 'Parts', service: 'Parts', deploy: 'edgeml.model.Parts' };
    expect(lines).toMatchObject([
      { level: 'info', event: 'service.no-model', facts },
      { level: 'error', event: 'service.no-model', facts },
      { level: 'info', event: 'service.answers-again', facts: { subject: 'Parts' } },
    ]);
    expect(asked.length).toBeLessThan(25);
  });

  it('finds nothing wrong with a model, or an agent, that comes in the first minute', async () => {
    script = [unreachable, noModel];
    const outcome = await outcomeOf(retrier.ask(testFrame(clock, '1'), 'Parts', forever));
    await clock.advance(50_000);
    expect(incidents.current).toEqual([]);
    script = [result];
    await clock.advance(5_000);

    expect(outcome.value).toBe(result);
    expect(lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
      'info agent.not-ready',
      'info service.no-model',
    ]);
  });

  it('finds it wrong at once that a model is gone which has answered', async () => {
    script = [result, noModel];
    await retrier.ask(testFrame(clock, '1'), 'Parts', forever);
    await outcomeOf(retrier.ask(testFrame(clock, '2'), 'Parts', forever));

    expect(incidents.current).toMatchObject([{ code: 'service.no-model', subject: 'Parts', severity: 'error' }]);
  });

  it('asks at once when it is told that a model has come', async () => {
    script = [noModel];
    const outcome = await outcomeOf(retrier.ask(testFrame(clock, '1'), 'Parts', forever));
    await clock.advance(60_000);
    script = [result];

    waker.wake();
    await clock.advance(0);

    expect(outcome.value).toBe(result);
  });

  it('loses patience with a missing model, and says what to deploy', async () => {
    script = [noModel];

    const outcome = await outcomeOf(retrier.ask(testFrame(clock, '1'), 'Parts', { ...forever, waitMs: 10_000 }));
    await clock.advance(20_000);

    expect(outcome.error).toMatchObject({
      code: 'service.no-model',
      message: expect.stringContaining('edgeml.model.Parts') as string,
    });
    expect(clock.pending).toBe(0);
  });

  it('repeats the request when the agent restarts', async () => {
    script = [
      error('agent.connection-lost', 503),
      unreachable,
      unreachable,
      unreachable,
      unreachable,
      unreachable,
      result,
    ];

    const outcome = await outcomeOf(retrier.ask(testFrame(clock, '1'), 'Parts', forever));
    await clock.advance(30_000);

    expect(outcome.value).toBe(result);
  });

  it('does not ask forever about an image that breaks the agent', async () => {
    script = [error('instance.worker-crashed', 503)];

    const outcome = await outcomeOf(retrier.ask(testFrame(clock, '1'), 'Parts', forever));
    await clock.advance(60_000);

    expect(outcome.error).toMatchObject({ code: 'instance.worker-crashed' });
    expect(asked).toHaveLength(3);
  });

  it('waits as long as a full queue asks for', async () => {
    script = [error('admission.queue-full', 503, { retryAfterMs: 7_000 }), result];

    const outcome = await outcomeOf(retrier.ask(testFrame(clock, '1'), 'Parts', forever));
    await clock.advance(6_900);
    expect(asked).toHaveLength(1);
    await clock.advance(200);

    expect(outcome.value).toBe(result);
  });

  it.each([
    ['image.corrupt', 422],
    ['admission.deadline', 504],
    ['model.run-failed', 500],
  ])('takes %s for an answer', async (code, status) => {
    script = [error(code, status)];

    await expect(retrier.ask(testFrame(clock, '1'), 'Parts', forever)).rejects.toMatchObject({ code });
    expect(asked).toHaveLength(1);
  });

  it('stops when its source is closed', async () => {
    const closing = new AbortController();
    const reason = new Error('closed');
    script = [noModel];

    const outcome = await outcomeOf(
      retrier.ask(testFrame(clock, '1'), 'Parts', { ...forever, signal: closing.signal }),
    );
    closing.abort(reason);
    await clock.advance(0);

    expect(outcome.error).toBe(reason);
    expect(clock.pending).toBe(0);
  });
});

describe('ActiveServices', () => {
  const health = { status: 'ok' as 'ok' | 'starting', services: [], expected: [] as string[], incidents: [] };
  let folder: string;
  let known: KnownServices;
  const open = () => KnownServices.open({ file: join(folder, 'services.json'), clock, log: silentLogger });
  const listing = (models: () => unknown[]) =>
    new ActiveServices({
      agent: { models: async () => models() as never, health: async () => health },
      known,
      clock,
      random: () => 1,
      incidents,
      awaited,
      waker,
    });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edgeml-services-'));
    known = await open();
    Object.assign(health, { status: 'ok', expected: [] });
  });
  afterEach(async () => {
    await known.saved();
    await rm(folder, { recursive: true, force: true });
  });

  it('lists models that serve, even one that is retiring, and asks again after two seconds or when told', async () => {
    let count = 0;
    const active = listing(() => {
      count++;
      return [
        { alias: 'A', state: 'active' },
        { alias: 'B', state: 'retiring' },
      ];
    });

    expect(await active.list(forever)).toEqual(['A', 'B']);
    await active.list(forever);
    expect(count).toBe(1);
    await clock.advance(2_100);
    await active.list(forever);
    expect(count).toBe(2);
    active.forget();
    await active.list(forever);
    expect(count).toBe(3);
  });

  it('waits for the first model, whatever the agent does meanwhile', async () => {
    let answer: () => unknown[] = () => {
      throw unreachable;
    };
    const outcome = await outcomeOf(listing(() => answer()).list(forever));
    await clock.advance(10_000);
    answer = () => [];
    await clock.advance(10_000);
    expect(incidents.current).toEqual([]);
    await clock.advance(50_000);
    expect(incidents.current).toMatchObject([{ code: 'service.no-model', severity: 'error' }]);
    expect(outcome).toEqual({});
    answer = () => [{ alias: 'A', state: 'active' }];
    await clock.advance(5_000);

    expect(outcome.value).toEqual(['A']);
    expect(lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
      'info agent.not-ready',
      'info service.no-model',
      'error service.no-model',
      'info service.answers-again',
    ]);
  });

  it('counts on models that the agent is restoring', async () => {
    Object.assign(health, { status: 'starting', expected: ['B'] });
    const active = listing(() => [{ alias: 'A', state: 'active', task: 'pose' }]);
    expect([...(await active.list(forever))].sort()).toEqual(['A', 'B']);
    const poses = await outcomeOf(active.list({ ...forever, waitMs: 1_000 }, { task: 'pose', isOne: false }));
    const later = () => clock.advance(500).then(() => poses.error);
    await expect.poll(later).toMatchObject({ code: 'service.no-model' });
  });

  it('remembers services over restarts of both, until the agent has not listed one for two minutes', async () => {
    await listing(() => [
      { alias: 'A', state: 'active', task: 'pose' },
      { alias: 'B', state: 'active', task: 'tensor' },
    ]).list(forever);
    await known.saved();
    known = await open();
    expect(known.all).toEqual([
      { alias: 'A', task: 'pose' },
      { alias: 'B', task: 'tensor' },
    ]);

    health.status = 'starting';
    const active = listing(() => [{ alias: 'A', state: 'active', task: 'pose' }]);
    await active.list(forever);
    await clock.advance(200_000);
    expect(await active.list(forever)).toEqual(['A', 'B']);
    health.status = 'ok';
    await clock.advance(2_100);
    await active.list(forever);
    await clock.advance(119_000);
    expect(await active.mayCome('B', forever.signal)).toBe(true);
    await clock.advance(2_100);
    expect(await active.mayCome('B', forever.signal)).toBe(false);
    expect(await active.list(forever)).toEqual(['A']);
  });

  it('forgets a service whose model was retired, also on the disk', async () => {
    await listing(() => [{ alias: 'A', state: 'active' }]).list(forever);
    known.retired('A');
    await known.saved();
    expect([known.all, (await open()).all]).toEqual([[], []]);
  });

  it('takes a damaged file for an empty one', async () => {
    await writeFile(join(folder, 'services.json'), '{"services":[');
    expect((await open()).all).toEqual([]);
  });

  it('loses patience', async () => {
    const outcome = await outcomeOf(listing(() => []).list({ ...forever, waitMs: 3_000 }));
    await clock.advance(5_000);

    expect(outcome.error).toMatchObject({ code: 'service.no-model' });
  });
});

describe('skipReasonOf', () => {
  it('waits for a model that is still being loaded', () => {
    expect(remedyFor(error('admission.model-loading', 503))).toBe('agent');
  });

  it.each([
    [error('source.file-gone', 404), 'gone'],
    [error('source.file-too-large', 413), 'budget'],
    [error('image.corrupt', 422), 'decode'],
    [error('source.file-unreadable', 403), 'decode'],
    [error('admission.deadline', 504), 'deadline'],
    [error('admission.queue-full', 503), 'busy'],
    [error('service.no-model', 404), 'model'],
    [error('model.run-failed', 500), 'model'],
    [new Error('bug'), 'model'],
  ])('%s counts as %s', (thrown, reason) => {
    expect(skipReasonOf(thrown)).toBe(reason);
  });

  it('knows no remedy for what is not an error of ours', () => {
    expect(remedyFor(new Error('bug'))).toBe('none');
  });

  describe('with image files', () => {
    const path = fileURLToPath(import.meta.url);
    const fileFrame = (maxBytes = 1e6): Frame => ({ ...testFrame(clock, '1'), file: { path, maxBytes } });
    const types = (): string[] => asked.map(({ contentType }) => contentType);
    const refusal = (code: string): EdgeError => new EdgeError(code, { status: 403, todo: '' }, code);

    it('tells the path only', async () => {
      script = [result];
      await retrier.ask(fileFrame(), 'Parts', forever);
      expect(asked).toMatchObject([{ contentType: path, deadlineMs: 2_500 }]);
      expect(kept).toEqual([]);
    });

    it('sends the bytes from then on if the folder is not allowed, logs it once, and tries again later', async () => {
      script = [refusal('invoke.folder-not-allowed'), result];
      await retrier.ask(fileFrame(), 'Parts', forever);
      await retrier.ask(fileFrame(), 'Parts', forever);
      expect(types()).toEqual([path, 'image/jpeg', 'image/jpeg']);
      await clock.advance(10 * 60_000);
      script = [refusal('invoke.folder-not-allowed'), result];
      await retrier.ask(fileFrame(), 'Parts', forever);
      expect(types().slice(3)).toEqual([path, 'image/jpeg']);
      expect(lines.filter(({ event }) => event === 'agent.reads-no-files')).toHaveLength(1);
    });

    it('sends the bytes of a single file that the agent cannot read', async () => {
      script = [refusal('invoke.file-unreadable'), result];
      await retrier.ask(fileFrame(), 'Parts', forever);
      await retrier.ask(fileFrame(), 'Parts', forever);
      expect(types()).toEqual([path, 'image/jpeg', path]);
    });

    it('does not name what it would not read itself', async () => {
      script = [result];
      await retrier.ask(fileFrame(10), 'Parts', forever);
      expect(types()).toEqual(['image/jpeg']);
    });

    it('has the bytes at hand if somebody else wants them', async () => {
      script = [result];
      await retrier.ask(fileFrame(), 'WithFeedback', forever);
      expect(types()).toEqual(['image/jpeg']);
      expect(kept).toMatchObject([{ answer: result }]);
    });
  });
});
