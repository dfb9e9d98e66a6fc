import { beforeEach, describe, expect, it } from 'vitest';
import type { Inference } from '#packages/vision';

import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import type { Picture } from '../picture/picture.ts';
import { Admission } from './admission.ts';
import type { Target } from './admission.ts';
import type { RejectionReason } from './refusal.ts';

/** A model whose runs end when the test says so. */
class HeldTarget implements Target {
  readonly ran: string[] = [];
  capacity = 1;
  readonly #held: { finish(): void; fail(error: Error): void }[] = [];

  get free(): number {
    return this.capacity - this.#held.length;
  }

  infer(picture: Picture): Promise<Inference> {
    const text = Buffer.from(picture as Uint8Array).toString();
    this.ran.push(text);
    return new Promise((resolve, reject) => {
      const inference: Inference = {
        image: { width: 1, height: 1 },
        predictions: [{ classId: 0, label: text, score: 1 }],
        timings: { decodeMs: 0, preprocessMs: 0, runMs: 0, postprocessMs: 0, totalMs: 0 },
      };
      this.#held.push({ finish: () => resolve(inference), fail: reject });
    });
  }

  finish(): void {
    this.#held.shift()?.finish();
  }

  fail(error: Error): void {
    this.#held.shift()?.fail(error);
  }
}

let clock: FakeClock;
let targets: Map<string, HeldTarget | 'pending'>;
let rejections: [string, RejectionReason][];
let queueLength: number;
let bounds: { concurrentRuns: number; bufferedBytes: number };
let admission: Admission<HeldTarget>;

beforeEach(() => {
  clock = new FakeClock();
  targets = new Map([['A', new HeldTarget()]]);
  rejections = [];
  queueLength = 2;
  bounds = { concurrentRuns: 8, bufferedBytes: 1_000_000 };
  admission = new Admission({
    clock,
    service: (name) => ({ alias: name, timeoutMs: 10_000, queueLength, anomalySensitivity: 0.5 }),
    target: (alias) => targets.get(alias),
    aliases: () => [...targets.keys()],
    bounds: () => bounds,
    onRejected: (service, reason) => rejections.push([service, reason]),
  });
});

function request(service: string, text: string, deadlineMs?: number) {
  const image = new Uint8Array(new TextEncoder().encode(text));
  const request = admission.enter(service, { announcedBytes: image.length, ...(deadlineMs ? { deadlineMs } : {}) });
  admission.hold(request, image.length);
  admission.submit(request, image, 'image/jpeg');
  return request;
}

/** Keeps two requests of each service waiting, for so long; runs take the time given. Returns what each got of the workers' time. */
async function spentBy(runMs: Readonly<Record<string, number>>, forMs: number): Promise<ReadonlyMap<string, number>> {
  const spent = new Map<string, number>();
  queueLength = 100;
  let asking = true;
  for (const [name, ms] of Object.entries(runMs)) {
    const model = new HeldTarget();
    model.capacity = 8;
    const infer = model.infer.bind(model);
    model.infer = (image) => {
      clock.after(ms, () => {
        spent.set(name, (spent.get(name) ?? 0) + ms);
        model.finish();
      });
      return infer(image);
    };
    targets.set(name, model);
    const ask = (): void => {
      if (asking) void request(name, name).answer.then(ask);
    };
    for (let times = 0; times < 6; times++) queueMicrotask(ask);
  }
  for (let passed = 0; passed < forMs; passed += 50) await clock.advance(50);
  asking = false;
  const result = new Map(spent);
  await clock.advance(1_000);
  return result;
}

const held = (alias: string): HeldTarget => targets.get(alias) as HeldTarget;
const labelOf = async (admitted: ReturnType<typeof request>) => (await admitted.answer).inference.predictions[0]?.label;
const coded = (code: string, facts: object = {}) =>
  expect.objectContaining({ code, facts: expect.objectContaining(facts) as unknown }) as Error;

describe('Admission', () => {
  it('runs what fits and queues the rest in order of arrival', async () => {
    const [a, b] = [request('A', 'a'), request('A', 'b')];
    expect(held('A').ran).toEqual(['a']);
    await clock.advance(40);
    held('A').finish();
    expect(await labelOf(a)).toBe('a');
    await clock.advance(0);
    held('A').finish();
    expect(await b.answer).toMatchObject({ queueMs: 40, target: held('A') });
  });

  it('refuses at once what the queue cannot hold, with the time after which it is worth to ask again', () => {
    for (const text of ['running', 'first', 'second']) request('A', text);
    expect(() => request('A', 'third')).toThrow(coded('admission.queue-full', { retryAfterSeconds: 1 }));
    expect(rejections).toEqual([['A', 'queue-full']]);
    expect(held('A').ran).toEqual(['running']);
  });

  it('gives places in the queue to requests whose bodies are there, not to those that are on their way', () => {
    request('A', 'running');
    const uploads = Array.from({ length: 64 }, () => admission.enter('A', { announcedBytes: 1_000 }));
    for (const upload of uploads) admission.hold(upload, 10);
    for (const text of ['first', 'second']) request('A', text);
    expect(() => request('A', 'third')).toThrow(coded('admission.queue-full', { depth: 2 }));
  });

  it('refuses a body that finds the queue full when it is there', async () => {
    request('A', 'running');
    const late = admission.enter('A', {});
    for (const text of ['first', 'second']) request('A', text);
    admission.submit(late, new Uint8Array(1));
    await expect(late.answer).rejects.toEqual(coded('admission.queue-full', { depth: 2 }));
  });

  it('counts the bytes that came, not those that were announced', () => {
    bounds.bufferedBytes = 100;
    for (let upload = 0; upload < 4; upload++) admission.enter('A', { announcedBytes: 100 });
    admission.hold(admission.enter('A', {}), 7);
    expect(admission.bufferedBytes).toBe(7);
    request('A', 'runs');
    expect(held('A').ran).toEqual(['runs']);
  });

  it('bounds the bytes of all requests together, but always lets one in', async () => {
    bounds.bufferedBytes = 10;
    const large = request('A', 'larger than the bound');
    expect(() => request('A', 'x')).toThrow(coded('admission.memory-full'));
    held('A').finish();
    await large.answer;
    expect(admission.bufferedBytes).toBe(0);
    request('A', 'x');
  });

  it('takes memory from the body that has brought nothing for longest, and refuses a new one only if all of them move', async () => {
    bounds.bufferedBytes = 100;
    const [oldest, older, moving] = [admission.enter('A', {}), admission.enter('A', {}), admission.enter('A', {})];
    admission.hold(oldest, 40);
    await clock.advance(300);
    admission.hold(older, 40);
    await clock.advance(300);
    admission.hold(moving, 40);
    expect(oldest.ended).toEqual(coded('admission.displaced', { stalledMs: 600 }));
    expect([older.ended, moving.ended, admission.bufferedBytes]).toEqual([undefined, undefined, 80]);
    // Nothing has stood still for half a second now.
    const refused = admission.enter('A', {});
    admission.hold(refused, 40);
    expect(refused.ended).toEqual(coded('admission.memory-full'));
    expect(admission.bufferedBytes).toBe(80);
  });

  it('ends a request at its deadline, which the service bounds', async () => {
    const short = request('A', 'running', 500);
    const long = request('A', 'waiting', 99_000);
    const ended = expect(short.answer).rejects.toEqual(coded('admission.deadline', { where: 'while it ran' }));
    await clock.advance(500);
    await ended;
    const late = expect(long.answer).rejects.toEqual(
      coded('admission.deadline', { deadlineMs: 10_000, where: 'while it waited for a worker' }),
    );
    await clock.advance(9_500);
    await late;
    expect(rejections).toEqual([
      ['A', 'deadline'],
      ['A', 'deadline'],
    ]);
    expect(held('A').ran).toEqual(['running']);
  });

  it('tells a request whose model is still being loaded at its deadline to come again', async () => {
    targets.set('B', 'pending');
    const waiting = expect(request('B', 'early', 500).answer).rejects.toMatchObject({
      code: 'admission.model-loading',
      status: 503,
      facts: { retryAfterSeconds: 1 },
    });
    await clock.advance(500);
    await waiting;
    expect(rejections).toEqual([['B', 'model-loading']]);
  });

  it('keeps the worker taken until a run that was given up has really ended', async () => {
    const given = request('A', 'slow', 100);
    given.answer.catch(() => undefined);
    const next = request('A', 'next');
    await clock.advance(100);
    expect(held('A').ran).toEqual(['slow']);
    held('A').finish();
    await clock.advance(0);
    held('A').finish();
    expect(await labelOf(next)).toBe('next');
  });

  it('aborts the upload of a request that is past its deadline', async () => {
    const request = admission.enter('A', { deadlineMs: 100 });
    admission.hold(request, 5);
    let told: unknown;
    request.onEnded = (reason) => (told = reason);
    await clock.advance(100);
    expect(told).toBe(request.ended);
    expect(request.ended).toEqual(coded('admission.deadline', { where: 'while its body was on the way' }));
    admission.submit(request, new Uint8Array(5));
    expect(held('A').ran).toEqual([]);
    expect(admission.bufferedBytes).toBe(0);
  });

  it('forgets a cancelled request without running it', async () => {
    request('A', 'running');
    const gone = request('A', 'gone');
    admission.cancel(gone);
    admission.cancel(gone);
    await expect(gone.answer).rejects.toEqual(coded('admission.cancelled'));
    held('A').finish();
    await clock.advance(0);
    expect(held('A').ran).toEqual(['running']);
    expect(rejections).toEqual([['A', 'cancelled']]);
  });

  it('gives services their turn, however many requests one of them sends', async () => {
    bounds.concurrentRuns = 1;
    targets.set('B', new HeldTarget());
    for (const text of ['a1', 'a2', 'a3']) request('A', text);
    request('B', 'b1');
    const order: string[] = [];
    for (const alias of ['A', 'B', 'A', 'A']) {
      order.push(...held(alias).ran.slice(-1));
      held(alias).finish();
      await clock.advance(0);
    }
    expect(order).toEqual(['a1', 'b1', 'a2', 'a3']);
  });

  it('does not let a service whose model is slow hold up another', async () => {
    bounds.concurrentRuns = 2;
    targets.set('B', new HeldTarget());
    held('A').capacity = 2;
    for (const text of ['a1', 'a2', 'a3']) request('A', text);
    expect(held('A').ran).toEqual(['a1', 'a2']);
    for (const text of ['b1', 'b2']) {
      const quick = request('B', text);
      expect(held('B').ran.at(-1)).toBe(text);
      held('B').finish();
      expect(await labelOf(quick)).toBe(text);
    }
    expect(held('A').ran).toEqual(['a1', 'a2']);
  });

  it('runs no more of one service than the bound on all allows', () => {
    bounds.concurrentRuns = 2;
    held('A').capacity = 8;
    for (const text of ['a1', 'a2', 'a3']) request('A', text);
    expect(held('A').ran).toEqual(['a1', 'a2']);
  });

  it('shares the time of the workers, not the number of runs', async () => {
    bounds.concurrentRuns = 4;
    const spent = await spentBy({ A: 300, B: 100 }, 60_000);
    expect(spent.get('B')! / spent.get('A')!).toBeCloseTo(1, 1);
  });

  it('owes nothing to a service for the time in which it asked nothing', async () => {
    bounds.concurrentRuns = 4;
    await spentBy({ A: 100 }, 60_000);
    const spent = await spentBy({ A: 100, B: 100 }, 60_000);
    expect(spent.get('B')! / spent.get('A')!).toBeCloseTo(1, 1);
  });

  it('gives what waits to the model that serves when its turn comes', async () => {
    const [first, second] = [request('A', 'on the old'), request('A', 'on the new')];
    const [older, newer] = [held('A'), new HeldTarget()];
    targets.set('A', newer);
    admission.pump();
    newer.finish();
    older.finish();
    expect((await first.answer).target).toBe(older);
    expect((await second.answer).target).toBe(newer);
  });

  it('lets requests wait for a model that is on its way', async () => {
    targets.set('A', 'pending');
    const early = request('A', 'early');
    const model = new HeldTarget();
    targets.set('A', model);
    admission.pump();
    model.finish();
    expect(await labelOf(early)).toBe('early');
  });

  it('says which models there are when there is none for the service', () => {
    expect(() => request('B', 'x')).toThrow(coded('model.not-found', { alias: 'B', active: ['A'] }));
  });

  it('ends what waits for a model that was taken away', async () => {
    request('A', 'running');
    const waiting = request('A', 'waiting');
    targets.delete('A');
    admission.pump();
    await expect(waiting.answer).rejects.toEqual(coded('model.not-found'));
  });

  it('passes on the error of a run and goes on', async () => {
    const [bad, good] = [request('A', 'bad'), request('A', 'good')];
    held('A').fail(new Error('broken'));
    await expect(bad.answer).rejects.toThrow('broken');
    await clock.advance(0);
    held('A').finish();
    expect(await labelOf(good)).toBe('good');
  });

  it('stops: what runs ends well, what waits and what comes is refused', async () => {
    const [running, waiting] = [request('A', 'running'), request('A', 'waiting')];
    admission.stop();
    await expect(waiting.answer).rejects.toEqual(coded('admission.stopping'));
    expect(() => request('A', 'late')).toThrow(coded('admission.stopping'));
    const idle = admission.idle();
    held('A').finish();
    await idle;
    expect(await labelOf(running)).toBe('running');
  });
});
