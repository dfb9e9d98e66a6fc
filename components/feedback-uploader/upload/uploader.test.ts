import { describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import type { PutReceipt, StoreFailureFacts } from '#packages/object-store';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { sum } from '../spool/spool-state.ts';
import { Spool } from '../spool/spool.ts';
import { sampleFile } from '../spool/stored-sample.ts';
import type { SampleHeader } from '../spool/stored-sample.ts';
import { MemoryFolder } from '../../../testing/uploader/memory-folder.ts';
import {
  ACCESS_DENIED,
  DOWN,
  MemoryObjectStore,
  SLOW_DOWN,
} from '../../../testing/object-store/memory-object-store.ts';
import { sampleBody, sampleHeader } from '../../../testing/uploader/sample-maker.ts';
import { settled, until } from '../../../testing/uploader/until.ts';
import { objectKey } from './object-name.ts';
import type { UploadReporter, UploadSettings } from './upload-ports.ts';
import { NO_LIMITS } from './uplink-budget.ts';
import { REQUEST_OVERHEAD_BYTES } from './bytes-sent.ts';
import { Uploader } from './uploader.ts';

class Reports implements UploadReporter {
  readonly log: string[] = [];
  readonly announced: { id: string; key: string; receipt: PutReceipt }[] = [];
  /** While set, announcements wait for it. */
  hold: Promise<void> | undefined;

  begun(sample: SampleHeader, bytes: number): void {
    this.log.push(`begun ${sample.key} ${bytes}`);
  }

  async uploaded(sample: SampleHeader, at: { key: string }, receipt: PutReceipt, signal: AbortSignal): Promise<void> {
    if (this.hold) await Promise.race([this.hold, aborted(signal)]);
    this.announced.push({ id: sample.id, key: at.key, receipt });
    this.log.push(`uploaded ${at.key}`);
  }

  refused(sample: SampleHeader, { code }: StoreFailureFacts): void {
    this.log.push(`refused ${sample.key} ${code}`);
  }

  attempted(outcome: string): void {
    this.log.push(`attempted ${outcome}`);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

const defaults: UploadSettings = {
  recordsOf: undefined,
  parallel: 2,
  limits: NO_LIMITS,
  retryCapMs: 300_000,
  timeoutMs: 60_000,
  buckets: new Map([['Parts', 'samples']]),
};

async function make(settings: Partial<UploadSettings> = {}, folder = new MemoryFolder(), clock = new FakeClock()) {
  const limits = { maxBytes: 50_000_000, maxSamples: 10_000, minFreeBytes: 0 };
  const spool = await Spool.open({ folder, limits, clock, log: silentLogger });
  const store = new MemoryObjectStore('samples', 'more');
  const reports = new Reports();
  const ports = { spool, store, reporter: reports, clock, random: () => 0.999, log: silentLogger };
  const uploader = new Uploader(ports, { ...defaults, ...settings });
  const start = () => uploader.start();
  const isDone = () => spool.totals().samples === 0;
  return { spool, store, reports, uploader, clock, folder, start, isDone };
}

async function add(spool: Spool, changes: Partial<SampleHeader> = {}, bytes = 1_000) {
  const header = sampleHeader(changes);
  await spool.accept(header, sampleBody(bytes));
  return header;
}

describe('objectKey', () => {
  it.each([
    [{ prefix: 'parts', extension: 'jpg' }, 'parts/ID.jpg'],
    [{ prefix: 'a/b/', extension: '.png' }, 'a/b/ID.png'],
    [{ extension: 'jpg' }, 'ID.jpg'],
    [{ prefix: 'parts' }, 'parts/ID'],
    [{ prefix: '', extension: '' }, 'ID'],
  ])('row 45: %j gives %s', (destination, key) => {
    expect(objectKey({ bucket: 'samples', ...destination }, 'ID')).toBe(key);
  });
});

describe('Uploader', () => {
  it('row 46: uploads with key, content type and metadata, and then the sample is gone', async () => {
    const { spool, store, reports, start, isDone, uploader } = await make();
    const header = await add(spool, {}, 1_234);
    await start();
    await until(isDone);
    expect(store.object('samples', header.key)).toEqual({
      body: sampleBody(1_234),
      contentType: header.contentType,
      metadata: header.metadata,
    });
    expect(reports.log).toEqual([`begun ${header.key} 1234`, 'attempted ok', `uploaded ${header.key}`]);
    expect(spool.totals()).toMatchObject({ accepted: 1, uploaded: 1, samples: 0 });
    await uploader.stop();
  });

  it('row 55: uploads to the bucket of each configuration', async () => {
    const { spool, store, start, isDone, uploader } = await make({ buckets: new Map() });
    await add(spool, { bucket: 'samples' });
    await add(spool, { bucket: 'more' });
    await start();
    await until(isDone);
    expect([store.keys('samples').length, store.keys('more').length]).toEqual([1, 1]);
    await uploader.stop();
  });

  it('uploads in order of priority, and what comes while it runs', async () => {
    const { spool, reports, start, isDone, uploader } = await make({ parallel: 1 });
    for (const priority of [3, 9, 5]) await add(spool, { priority, key: `priority ${priority}` });
    await start();
    await until(isDone);
    await add(spool, { key: 'late' });
    await until(isDone);
    const uploaded = reports.log.filter((line) => line.startsWith('uploaded'));
    expect(uploaded).toEqual(['uploaded priority 9', 'uploaded priority 5', 'uploaded priority 3', 'uploaded late']);
    await uploader.stop();
  });

  it('row 56: waits while the store is away, longer each time, and catches up without losing anything', async () => {
    const { spool, store, start, isDone, uploader, clock, reports } = await make();
    store.fault = DOWN;
    const headers = [await add(spool), await add(spool), await add(spool)];
    await start();
    await until(() => store.puts.length > 0);
    const attemptsAfter = async (ms: number) => {
      const before = store.puts.length;
      await clock.advance(ms);
      await settled();
      return store.puts.length - before;
    };
    expect(await attemptsAfter(10_000)).toBeGreaterThanOrEqual(2);
    await attemptsAfter(3_600_000);
    // Two days away: an attempt every five minutes at most.
    const away = await attemptsAfter(2 * 86_400_000);
    expect(away).toBeGreaterThan(300);
    expect(away).toBeLessThan(600);
    expect(spool.uplink.day.sum()).toBe(0);
    const begun = reports.log.filter((line) => line.startsWith('begun'));
    expect(new Set(begun).size).toBe(begun.length);
    expect(reports.log.filter((line) => line.startsWith('refused'))).toEqual([]);

    store.fault = undefined;
    await clock.advance(300_000);
    await until(isDone);
    expect(new Set(store.keys('samples'))).toEqual(new Set(headers.map(({ key }) => key)));
    await uploader.stop();
  });

  it('backs off with full jitter', async () => {
    const { spool, store, start, uploader, clock } = await make();
    store.fault = SLOW_DOWN;
    await add(spool);
    await start();
    await until(() => store.puts.length === 1);
    const times: number[] = [];
    let last = clock.monotonic();
    for (let second = 0; second < 200; second++) {
      const before = store.puts.length;
      await clock.advance(1_000);
      await settled(20);
      if (store.puts.length === before) continue;
      times.push((clock.monotonic() - last) / 1_000);
      last = clock.monotonic();
    }
    // random() is 0.999 here: each wait is the whole of 1, 2, 4, … seconds.
    expect(times.slice(0, 6)).toEqual([1, 2, 4, 8, 16, 32]);
    await uploader.stop();
  });

  it('makes one object of an upload whose answer was lost', async () => {
    const { spool, store, start, isDone, uploader, clock } = await make();
    store.losesAnswers = true;
    store.fault = { code: 'ECONNRESET', reason: 'socket hang up' };
    const { key } = await add(spool);
    await start();
    await until(() => store.puts.length === 1);
    store.fault = undefined;
    await clock.advance(2_000);
    await until(isDone);
    expect(store.keys('samples')).toEqual([key]);
    expect(store.puts.map(({ unlessExists }) => unlessExists)).toEqual([false, true]);
    expect(spool.uplink.day.sum()).toBe(2 * (1_000 + REQUEST_OVERHEAD_BYTES));
    await uploader.stop();
  });

  it('makes one object of an upload that a kill cut off', async () => {
    const { spool, store, start, folder, clock } = await make();
    const { key } = await add(spool);
    let announced = false;
    store.put = async (object) => {
      store.puts.push(object);
      announced = true;
      return new Promise(() => undefined);
    };
    await start();
    await until(() => announced);
    const again = await make({}, folder.afterKill(), clock);
    await again.start();
    await until(again.isDone);
    expect(again.store.puts).toMatchObject([{ key, unlessExists: true }]);
    await again.uploader.stop();
  });

  it('rows 49 and 56: tells a refusal once, keeps the sample, and lets other buckets go on', async () => {
    const { spool, store, start, isDone, uploader, clock, reports } = await make({ buckets: new Map() });
    const refused = await add(spool, { bucket: 'nowhere', priority: 9 });
    const fine = await add(spool, { bucket: 'samples' });
    await start();
    await until(() => store.keys('samples').length === 1);
    await clock.advance(3_600_000);
    await settled();
    expect(reports.log.filter((line) => line.startsWith('refused'))).toEqual([`refused ${refused.key} NoSuchBucket`]);
    expect(store.keys('samples')).toEqual([fine.key]);
    expect(spool.totals()).toMatchObject({ samples: 1, uploaded: 1 });
    expect(isDone()).toBe(false);
    await uploader.stop();
  });

  it('lets waiting samples follow a corrected bucket', async () => {
    const { spool, store, start, isDone, uploader, reports } = await make({ buckets: new Map([['Parts', 'nowhere']]) });
    const headers = [await add(spool, { bucket: 'nowhere' }), await add(spool, { bucket: 'nowhere' })];
    await start();
    await until(() => reports.log.some((line) => line.startsWith('refused')));
    await uploader.setSettings({ ...defaults, buckets: new Map([['Parts', 'more']]) });
    await until(isDone);
    expect(new Set(store.keys('more'))).toEqual(new Set(headers.map(({ key }) => key)));
    await uploader.stop();
  });

  it('does not move a sample whose object may be in the bucket that it was accepted for', async () => {
    const { spool, store, start, isDone, uploader, clock } = await make();
    store.losesAnswers = true;
    store.fault = { code: 'ECONNRESET', reason: 'socket hang up' };
    const { key } = await add(spool);
    await start();
    await until(() => store.puts.length === 1);
    store.fault = undefined;
    await uploader.setSettings({ ...defaults, buckets: new Map([['Parts', 'more']]) });
    await clock.advance(2_000);
    await until(isDone);
    expect([store.keys('samples'), store.keys('more')]).toEqual([[key], []]);
    await uploader.stop();
  });

  it('tries a refusing bucket again after a while', async () => {
    const { spool, store, start, isDone, uploader, clock } = await make();
    store.fault = ACCESS_DENIED;
    await add(spool);
    await start();
    await until(() => store.puts.length === 1);
    store.fault = undefined;
    await clock.advance(10_000);
    await until(isDone);
    await uploader.stop();
  });

  it('evicts and counts what the store refuses three times', async () => {
    const { spool, store, start, isDone, uploader, clock, reports } = await make({ parallel: 1 });
    store.fault = { code: 'EntityTooLarge', reason: 'too large', status: 400 };
    const { key } = await add(spool);
    await start();
    await until(() => store.puts.length === 1);
    await clock.advance(10_000);
    await until(isDone);
    expect(store.puts).toHaveLength(3);
    expect(spool.totals()).toMatchObject({ uploaded: 0, evicted: { refused: 1 } });
    expect(reports.log.filter((line) => line.startsWith('refused'))).toEqual([`refused ${key} EntityTooLarge`]);
    await uploader.stop();
  });

  it('passes over a damaged file, which is counted', async () => {
    const { spool, folder, start, isDone, uploader, reports } = await make();
    const damaged = await add(spool);
    const whole = await add(spool);
    folder.damage(sampleFile(damaged.id), (data) => data.fill(0, 100, 110));
    await start();
    await until(isDone);
    expect(reports.announced.map(({ id }) => id)).toEqual([whole.id]);
    expect(spool.totals()).toMatchObject({ uploaded: 1, evicted: { corrupt: 1 } });
    await uploader.stop();
  });

  it('gives up an attempt that takes too long, and tries again', async () => {
    const { spool, store, start, isDone, uploader, clock, reports } = await make({ timeoutMs: 5_000 });
    store.fault = 'hang';
    await add(spool);
    await start();
    await until(() => store.puts.length === 1);
    await clock.advance(5_000);
    await until(() => reports.log.includes('attempted store.timeout'));
    store.fault = undefined;
    await clock.advance(2_000);
    await until(isDone);
    await uploader.stop();
  });

  it('keeps the budget of the uplink while it catches up', async () => {
    const bytesPerHour = 20 * (1_000 + REQUEST_OVERHEAD_BYTES);
    const { spool, store, start, isDone, uploader, clock } = await make({
      limits: { bytesPerHour, bytesPerDay: Infinity },
    });
    for (let count = 0; count < 50; count++) await add(spool);
    await start();
    const perHour: number[] = [];
    for (let hour = 0; hour < 4 && !isDone(); hour++) {
      const before = store.puts.length;
      for (let minute = 0; minute < 60; minute++) {
        await clock.advance(60_000);
        await settled(30);
      }
      perHour.push(store.puts.length - before);
    }
    expect(Math.max(...perHour)).toBeLessThanOrEqual(20);
    expect(perHour[1]).toBeGreaterThanOrEqual(18);
    expect(isDone()).toBe(true);
    await uploader.stop();
  });

  it('takes a more important sample that comes while it waits for the budget', async () => {
    const bytesPerHour = 2 * (1_000 + REQUEST_OVERHEAD_BYTES);
    const { spool, store, start, uploader, clock } = await make({
      parallel: 1,
      limits: { bytesPerHour, bytesPerDay: Infinity },
    });
    for (let count = 0; count < 4; count++) await add(spool, { priority: 1, key: `low ${count}` });
    await start();
    await until(() => store.puts.length === 1);
    await settled();
    await add(spool, { priority: 9, key: 'important' });
    await clock.advance(3_600_000);
    await until(() => store.puts.length >= 2);
    expect(store.puts.map(({ key }) => key).slice(0, 2)).toEqual(['low 0', 'important']);
    await uploader.stop();
  });

  it('passes over a sample that no budget will ever allow', async () => {
    const { spool, start, uploader, reports } = await make({ limits: { bytesPerHour: 10_000, bytesPerDay: Infinity } });
    await add(spool, { priority: 9 }, 20_000);
    const small = await add(spool, {}, 1_000);
    await start();
    await until(() => reports.announced.length === 1);
    expect(reports.announced[0]?.id).toBe(small.id);
    expect(spool.totals().samples).toBe(1);
    await uploader.stop();
  });

  it('never uploads again while only the books cannot be written', async () => {
    const { spool, folder, store, start, isDone, uploader, clock, reports } = await make();
    await add(spool);
    folder.fail('EIO', (step, name) => step === 'sync' && name.startsWith('journal'));
    await start();
    await until(() => reports.announced.length === 1);
    await clock.advance(60_000);
    await settled();
    expect(isDone()).toBe(false);
    folder.heal();
    await clock.advance(300_000);
    await until(isDone);
    expect(store.puts).toHaveLength(1);
    await uploader.stop();
  });

  it('lets running uploads end when it stops, and aborts them after two seconds', async () => {
    const { spool, store, start, uploader, clock } = await make();
    store.fault = 'hang';
    await add(spool);
    await start();
    await until(() => store.puts.length === 1);
    const stopped = uploader.stop();
    await settled();
    await clock.advance(2_000);
    await stopped;
    expect(spool.totals()).toMatchObject({ samples: 1, uploaded: 0 });
    expect(clock.pending).toBe(0);
  });

  it('keeps a sample that was not announced when it had to stop', async () => {
    const { spool, reports, start, uploader, clock, store } = await make();
    reports.hold = new Promise(() => undefined);
    await add(spool);
    await start();
    await until(() => store.keys('samples').length === 1);
    const stopped = uploader.stop();
    await settled();
    await clock.advance(2_000);
    await stopped;
    const { accepted, uploaded, evicted, samples } = spool.totals();
    expect([accepted, uploaded, sum(evicted), samples]).toEqual([1, 0, 0, 1]);
  });
});
