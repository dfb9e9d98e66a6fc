import { describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import { parseRecord, recordKey } from '#packages/samples';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { DOWN, MemoryObjectStore } from '../../../testing/object-store/memory-object-store.ts';
import { MemoryFolder } from '../../../testing/uploader/memory-folder.ts';
import { sampleBody, sampleHeader } from '../../../testing/uploader/sample-maker.ts';
import { settled, until } from '../../../testing/uploader/until.ts';
import { Spool } from '../spool/spool.ts';
import { bytesSent, mostBytesOf } from './bytes-sent.ts';
import { recordOf } from './record-of.ts';
import { NO_LIMITS } from './uplink-budget.ts';
import { Uploader } from './uploader.ts';

const HEADER = sampleHeader({
  because: 'max 0.5 ≤ 0.6',
  metadata: {
    'publish-ts': '2026-01-01 00:00:00.000000',
    service: 'Street',
    model: 'Street Detector 1.2.0',
    source: 'gate',
    'taken-at': '2026-01-01T00:00:00.000Z',
    deviation: '0.0021 brightness',
    'should-be': 'gear',
    line: '7',
  },
});

/** A store that fails puts of some keys, as `DOWN` or unheard. */
class PickyStore extends MemoryObjectStore {
  fails: (key: string) => boolean = () => false;

  override async put(...[object, signal]: Parameters<MemoryObjectStore['put']>) {
    this.fault = this.fails(object.key) ? DOWN : undefined;
    return super.put(object, signal);
  }
}

async function make(folder = new MemoryFolder(), store = new PickyStore('samples')) {
  const clock = new FakeClock();
  const limits = { maxBytes: 50_000_000, maxSamples: 10_000, minFreeBytes: 0 };
  const spool = await Spool.open({ folder, limits, clock, log: silentLogger });
  const nobody = { begun: () => undefined, refused: () => undefined, attempted: () => undefined };
  const reporter = { ...nobody, uploaded: () => Promise.resolve() };
  const uploader = new Uploader(
    { spool, store, reporter, clock, random: () => 0.999, log: silentLogger },
    {
      recordsOf: 'gate-camera',
      parallel: 2,
      limits: NO_LIMITS,
      retryCapMs: 10_000,
      timeoutMs: 60_000,
      buckets: new Map([['Parts', 'samples']]),
    },
  );
  return { clock, spool, store, uploader, isDone: () => spool.totals().samples === 0 };
}

describe('the JSON beside a sample', () => {
  it('says what was predicted, by which model, why it was kept and how unusual it is', async () => {
    const { spool, store, uploader, isDone } = await make();
    await spool.accept(HEADER, sampleBody(1_000));
    await uploader.start();
    await until(isDone);
    const stored = store.object('samples', recordKey(HEADER.key));
    expect(stored?.contentType).toBe('application/json');
    expect(parseRecord(stored!.body.toString(), 'it')).toEqual({
      schemaVersion: 1,
      id: HEADER.id,
      object: `${HEADER.id}.jpg`,
      contentType: 'image/jpeg',
      configId: 'Parts',
      thing: 'gate-camera',
      keptAt: '2026-01-01T00:00:00.000Z',
      takenAt: '2026-01-01T00:00:00.000Z',
      reason: 'max 0.5 ≤ 0.6',
      service: 'Street',
      model: { name: 'Street Detector', version: '1.2.0' },
      source: 'gate',
      deviation: { feature: 'brightness', share: 0.0021 },
      prediction: [0.5, 0.5],
      shouldBe: 'gear',
      metadata: HEADER.metadata,
    });
    // Nobody finds a sample that has no JSON yet.
    expect(store.puts.map(({ key }) => key)).toEqual([recordKey(HEADER.key), HEADER.key]);
    await uploader.stop();
  });

  it('is sent once, though the sample after it needs many attempts, and each byte is booked once', async () => {
    const { clock, spool, store, uploader, isDone } = await make();
    store.fails = (key) => key.endsWith('.jpg');
    await spool.accept(HEADER, sampleBody(1_000));
    await uploader.start();
    await until(() => store.puts.length === 2);
    await clock.advance(60_000);
    await settled();
    const record = recordOf(HEADER, 'gate-camera');
    expect(spool.uplink.day.sum()).toBe(bytesSent(record.body.length));
    store.fails = () => false;
    await clock.advance(20_000);
    await until(isDone);
    expect(store.puts.filter(({ key }) => key === record.key)).toHaveLength(1);
    expect(store.puts.length).toBeGreaterThan(4);
    expect(spool.uplink.day.sum()).toBe(bytesSent(record.body.length) + bytesSent(1_000));
    await uploader.stop();
  });

  it('is not written over by the process after one that was killed', async () => {
    const folder = new MemoryFolder();
    const before = await make(folder);
    before.store.fails = (key) => key.endsWith('.jpg');
    await before.spool.accept(HEADER, sampleBody(1_000));
    await before.uploader.start();
    await until(() => before.store.puts.length === 2);
    const after = await make(folder.afterKill(), new PickyStore('samples'));
    await after.uploader.start();
    await until(after.isDone);
    expect(after.store.puts.map(({ unlessExists }) => unlessExists)).toEqual([true, true]);
    await after.uploader.stop();
    await before.uploader.stop();
  });

  it('never takes more bytes than are reckoned with before it is made', () => {
    const long = {
      ...HEADER,
      metadata: { ...HEADER.metadata, source: 's'.repeat(1_500) },
      prediction: 'ü'.repeat(900),
    };
    for (const header of [HEADER, long]) {
      const { body } = recordOf(header, 't'.repeat(128));
      const head = Buffer.byteLength(JSON.stringify(header));
      expect(bytesSent(1) + bytesSent(body.length)).toBeLessThanOrEqual(mostBytesOf(head, 1, true));
    }
  });
});
