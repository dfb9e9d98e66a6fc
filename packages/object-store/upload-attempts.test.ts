import { beforeEach, describe, expect, it } from 'vitest';
import type { Logger } from '#packages/foundation';
import { FakeClock } from '../../testing/clock/fake-clock.ts';
import { ACCESS_DENIED, DOWN, MemoryObjectStore, SLOW_DOWN } from '../../testing/object-store/memory-object-store.ts';
import type { StoreFailure } from './store-failure.ts';
import { UploadAttempts } from './upload-attempts.ts';

const TOO_LARGE: StoreFailure = { code: 'EntityTooLarge', reason: 'too large', status: 400 };
const TIMEOUT_MS = 5_000;
const CAP_MS = 60_000;

let clock: FakeClock;
let store: MemoryObjectStore;
let told: string[];
let attempts: UploadAttempts;

beforeEach(() => {
  clock = new FakeClock();
  store = new MemoryObjectStore('samples', 'more');
  told = [];
  const tell = (level: string) => (_facts: unknown, event: string) => void told.push(`${level} ${event}`);
  const log = { debug: tell('debug'), info: tell('info'), warn: tell('warn') } as unknown as Logger;
  attempts = new UploadAttempts({
    clock,
    random: () => 1,
    log,
    events: { failed: 'failed', recovered: 'recovered' },
    timeoutMs: () => TIMEOUT_MS,
    capMs: () => CAP_MS,
    bucketBaseMs: 10_000,
  });
});

const target = (object: string, bucket = 'samples') => ({ bucket, object });

function put(object: string, bucket = 'samples') {
  return attempts.attempt(target(object, bucket), (signal) =>
    store.put({ bucket, key: object, body: Buffer.from('x'), contentType: 'text/plain', metadata: {} }, signal),
  );
}

describe('UploadAttempts', () => {
  it('gives the result of an upload, and holds nothing up', async () => {
    expect(await put('a')).toMatchObject({ state: 'done', result: { existed: false } });
    expect(store.keys('samples')).toEqual(['a']);
    expect([attempts.msLeft(target('b')), attempts.isStoreFailing, attempts.hasTried('a')]).toEqual([0, false, false]);
    expect(told).toEqual([]);
  });

  it('lets everything wait for a store that is away, longer each time up to the cap, and nothing after a success', async () => {
    store.fault = DOWN;
    const waits: number[] = [];
    for (let round = 0; round < 8; round++) {
      expect(await put('a')).toMatchObject({ state: 'failed', facts: { fault: 'moment', nothingSent: true } });
      waits.push(attempts.msLeft(target('b', 'more')) / 1_000);
      await clock.advance(CAP_MS);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect([attempts.isStoreFailing, attempts.hasTried('a')]).toEqual([true, true]);

    store.fault = undefined;
    await put('a');
    store.fault = DOWN;
    await put('a');
    expect(attempts.msLeft()).toBe(1_000);
  });

  it('lets a bucket that refuses wait alone, and forgets that when told that something was corrected', async () => {
    store.fault = ACCESS_DENIED;
    await put('a');
    expect([attempts.msLeft(target('b')), attempts.msLeft(target('b', 'more')), attempts.msLeft()]).toEqual([
      10_000, 0, 0,
    ]);
    expect([attempts.isRefusedBy('samples'), attempts.isRefusedBy('more')]).toEqual([true, false]);

    attempts.forgive();
    expect([attempts.msLeft(target('b')), attempts.isRefusedBy('samples')]).toEqual([0, false]);
  });

  it('lets an object that is refused wait alone, and counts its refusals', async () => {
    store.fault = TOO_LARGE;
    expect(await put('a')).toMatchObject({ state: 'failed', refusals: 1, isNew: true });
    expect(await put('a')).toMatchObject({ state: 'failed', refusals: 2, isNew: false });
    store.fault = ACCESS_DENIED;
    expect(await put('a')).toMatchObject({ state: 'failed', refusals: 2, isNew: true });
    expect(await put('b')).toMatchObject({ state: 'failed', refusals: 0, isNew: true });
    attempts.forgive();
    expect([attempts.msLeft(target('a')), attempts.msLeft(target('b'))]).toEqual([2_000, 0]);

    attempts.forget('a');
    expect([attempts.msLeft(target('a')), attempts.hasTried('a')]).toEqual([0, false]);
  });

  it('tells trouble once, again when its code changes, and its end', async () => {
    for (const fault of [DOWN, DOWN, SLOW_DOWN, SLOW_DOWN, undefined, undefined]) {
      store.fault = fault;
      await put('a');
    }
    expect(told).toEqual(['warn failed', 'debug failed', 'warn failed', 'debug failed', 'info recovered']);
  });

  it('does not take the success of one object for the end of another one’s trouble', async () => {
    store.fault = TOO_LARGE;
    await put('a');
    store.fault = undefined;
    await put('b');
    store.fault = TOO_LARGE;
    await put('a');
    expect(told).toEqual(['warn failed', 'debug failed']);
  });

  it('bounds an attempt in time', async () => {
    store.fault = 'hang';
    const hanging = put('a');
    await clock.advance(TIMEOUT_MS);
    expect(await hanging).toMatchObject({
      state: 'failed',
      error: { code: 'store.timeout' },
      facts: { fault: 'moment', code: 'Timeout', nothingSent: false },
    });
    expect(clock.pending).toBe(0);
  });

  it('waits until an attempt makes sense', async () => {
    store.fault = DOWN;
    await put('a');
    let isReady: boolean | undefined;
    void attempts.ready(target('a')).then((ready) => (isReady = ready));
    await clock.advance(999);
    expect(isReady).toBeUndefined();
    await clock.advance(1);
    expect(isReady).toBe(true);
  });

  it('ends what runs and what waits when it is stopped, and concludes nothing from it', async () => {
    store.fault = DOWN;
    await put('b');
    const waiting = attempts.ready(target('b'));
    store.fault = 'hang';
    const hanging = put('a');
    attempts.stop(new Error('the component stops'));

    expect([await hanging, await waiting]).toEqual([{ state: 'stopped' }, false]);
    expect(told).toEqual(['warn failed']);
    expect(clock.pending).toBe(0);
  });
});
