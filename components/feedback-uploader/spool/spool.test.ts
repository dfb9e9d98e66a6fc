import { describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { MemoryFolder } from '../../../testing/uploader/memory-folder.ts';
import { sampleBody, sampleHeader } from '../../../testing/uploader/sample-maker.ts';
import { Spool } from './spool.ts';
import type { SpoolLimits } from './room.ts';
import type { SpoolEvent } from './spool.ts';
import { sampleFile } from './stored-sample.ts';
import type { SampleHeader } from './stored-sample.ts';
import { sum } from './spool-state.ts';

const roomy: SpoolLimits = { maxBytes: 50_000_000, maxSamples: 1_000, minFreeBytes: 0 };
const KB = 1_000;

async function make(limits: Partial<SpoolLimits> = {}, folder = new MemoryFolder(), clock = new FakeClock()) {
  const spool = await Spool.open({ folder, limits: { ...roomy, ...limits }, clock, log: silentLogger });
  const events: SpoolEvent[] = [];
  spool.onEvent((event) => events.push(event));
  return { spool, folder, clock, events };
}

async function add(spool: Spool, changes: Partial<SampleHeader> = {}, bytes = 10 * KB): Promise<SampleHeader> {
  const header = sampleHeader(changes);
  await spool.accept(header, sampleBody(bytes));
  return header;
}

const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'ok',
    (thrown: EdgeError) => thrown.code,
  );

/** The equation that always holds. */
function expectBalance(spool: Spool) {
  const { accepted, uploaded, evicted, samples } = spool.totals();
  expect(accepted).toBe(uploaded + sum(evicted) + samples);
}

describe('Spool', () => {
  it('gives back what it was given, byte for byte, after a restart', async () => {
    const { spool, folder } = await make();
    const body = sampleBody(123_457);
    const header = sampleHeader({
      prediction: { prediction: [[1, 0.5, 0, 0, 1, 1]] },
      metadata: { 'publish-ts': 'x', ü: 'é' },
    });
    await spool.accept(header, body);
    await spool.close();

    const again = await make(
      {},
      folder.afterPowerLoss(() => 0),
    );
    const entry = again.spool.next();
    expect(entry?.id).toBe(header.id);
    if (entry) expect(await again.spool.read(entry)).toEqual({ header, body });
  });

  it('hands samples out by priority, then age', async () => {
    const { spool } = await make();
    const low = await add(spool, { priority: 1 });
    const first = await add(spool, { priority: 5 });
    const second = await add(spool, { priority: 5 });
    const high = await add(spool, { priority: 9 });
    const order: string[] = [];
    for (let entry = spool.next(); entry; entry = spool.next()) {
      order.push(entry.id);
      spool.take(entry.id);
    }
    expect(order).toEqual([high, first, second, low].map(({ id }) => id));
  });

  it('keeps that order over a restart, also when the wall clock went back', async () => {
    const { spool, folder } = await make();
    const first = await add(spool);
    const second = await add(spool);
    const earlier = new FakeClock(0);
    const again = await make({}, folder.afterKill(), earlier);
    const third = await add(again.spool, { acceptedAt: 0 });
    const once = await make({}, again.folder.afterKill(), earlier);
    for (const { id } of [first, second, third]) {
      expect(once.spool.next()?.id).toBe(id);
      once.spool.take(id);
    }
  });

  it('forgets a sample for good once it is uploaded', async () => {
    const { spool, folder, events } = await make();
    const { id } = await add(spool);
    await spool.uploaded(id);
    expect(spool.next()).toBeUndefined();
    expect((await folder.list()).map(({ name }) => name)).not.toContain(sampleFile(id));
    const again = await make(
      {},
      folder.afterPowerLoss(() => 1),
    );
    expect(again.spool.totals()).toMatchObject({ accepted: 1, uploaded: 1, samples: 0 });
    expect(events.map(({ type }) => type)).toEqual(['accepted', 'uploaded']);
    await again.spool.uploaded(id);
    expect(again.spool.totals().uploaded).toBe(1);
  });

  describe('bounds', () => {
    it('evicts the oldest of the least important when the cap in bytes is reached', async () => {
      const { spool, events, folder } = await make({ maxBytes: 1_000 * KB });
      const important = await add(spool, { priority: 9 }, 100 * KB);
      const oldest = await add(spool, { priority: 2 }, 100 * KB);
      const kept: SampleHeader[] = [];
      while (!events.some(({ type }) => type === 'evicted')) kept.push(await add(spool, { priority: 2 }, 100 * KB));
      expect(events.find(({ type }) => type === 'evicted')).toMatchObject({
        entry: { id: oldest.id },
        reason: 'space',
      });
      expect(spool.next()?.id).toBe(important.id);
      expect(spool.totals()).toMatchObject({ evicted: { space: 1 }, samples: kept.length + 1 });
      expect(folder.peakBytes).toBeLessThanOrEqual(1_000 * KB);
      expect(spool.totals().bytes).toBe(folder.usedBytes);
      expectBalance(spool);
    });

    it('refuses a sample when everything that waits is more important, and evicts nothing for it', async () => {
      const { spool } = await make({ maxSamples: 2 });
      await add(spool, { priority: 5 });
      await add(spool, { priority: 3 });
      expect(await codeOf(add(spool, { priority: 2 }))).toBe('spool.full');
      expect(spool.totals()).toMatchObject({ accepted: 2, samples: 2 });
      expect(await codeOf(add(spool, { priority: 3 }))).toBe('ok');
      expect(spool.totals()).toMatchObject({ accepted: 3, samples: 2, evicted: { space: 1 } });
    });

    it('evicts nobody for a sample that would not fit anyway', async () => {
      const { spool } = await make({ maxBytes: 1_000 * KB });
      await add(spool, { priority: 1 }, 100 * KB);
      expect(await codeOf(add(spool, { priority: 9 }, 2_000 * KB))).toBe('spool.full');
      expect(spool.totals().samples).toBe(1);
    });

    it('keeps the watermark of free space, whoever took it', async () => {
      const { spool, folder } = await make({ minFreeBytes: 1_000 * KB });
      await add(spool, { priority: 2 }, 200 * KB);
      folder.capacityBytes = folder.usedBytes + 1_100 * KB;
      expect(await codeOf(add(spool, { priority: 1 }, 200 * KB))).toBe('spool.disk-low');
      expect(await codeOf(add(spool, { priority: 2 }, 200 * KB))).toBe('ok');
      expect(spool.totals()).toMatchObject({ evicted: { 'disk-low': 1 }, samples: 1 });
    });

    it('does not evict what is being uploaded', async () => {
      const { spool } = await make({ maxSamples: 1 });
      const { id } = await add(spool);
      spool.take(id);
      expect(await codeOf(add(spool, { priority: 9 }))).toBe('spool.full');
      spool.release(id);
      expect(await codeOf(add(spool, { priority: 9 }))).toBe('ok');
    });

    it('comes under lowered bounds at once, as far as it may', async () => {
      const { spool } = await make();
      const ids = [];
      for (let count = 0; count < 5; count++) ids.push((await add(spool)).id);
      spool.take(ids[0] ?? '');
      await spool.setLimits({ ...roomy, maxSamples: 2 });
      expect(spool.totals()).toMatchObject({ samples: 2, evicted: { space: 3 } });
      expect(spool.next()?.id).toBe(ids[4]);
    });

    it('admits samples that come at once one by one', async () => {
      const { spool } = await make({ maxSamples: 3 });
      const outcomes = await Promise.all([5, 5, 4, 6, 5, 1].map((priority) => codeOf(add(spool, { priority }))));
      expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(3);
      expect(spool.totals().samples).toBe(3);
      expectBalance(spool);
    });
  });

  describe('full disk', () => {
    it('refuses samples, and can still upload and evict every one that it has', async () => {
      const { spool, folder } = await make();
      const ids = [];
      for (let count = 0; count < 700; count++) ids.push((await add(spool, {}, 10)).id);
      folder.capacityBytes = folder.usedBytes;
      expect(await codeOf(add(spool, { priority: 1 }, 100 * KB))).toBe('spool.disk-low');
      await spool.setLimits({ ...roomy, minFreeBytes: -1_000_000_000 });
      expect(await codeOf(add(spool, { priority: 1 }, 100 * KB))).toBe('spool.disk-full');
      for (const [index, id] of ids.entries()) {
        folder.capacityBytes = folder.usedBytes;
        await (index % 2 === 0 ? spool.uploaded(id) : spool.evict(id, 'refused'));
      }
      expect(spool.totals()).toMatchObject({ accepted: 700, uploaded: 350, samples: 0, evicted: { refused: 350 } });
    });

    it('starts on a full disk, and goes on with the old journal', async () => {
      const { spool, folder } = await make();
      const { id } = await add(spool);
      const full = folder.afterKill();
      full.capacityBytes = full.usedBytes;
      const again = await make({}, full);
      await again.spool.uploaded(id);
      const once = await make({}, again.folder.afterKill());
      expect(once.spool.totals()).toMatchObject({ accepted: 1, uploaded: 1, samples: 0 });
    });

    it('takes samples again when there is room again', async () => {
      const { spool, folder } = await make({ minFreeBytes: -1_000_000_000 });
      folder.capacityBytes = folder.usedBytes;
      expect(await codeOf(add(spool))).toBe('spool.disk-full');
      folder.capacityBytes = 10_000_000;
      expect(await codeOf(add(spool))).toBe('ok');
      const again = await make({}, folder.afterKill());
      expect(again.spool.totals()).toMatchObject({ accepted: 1, samples: 1 });
    });
  });

  describe('damage', () => {
    const flip = (at: number) => (data: Buffer) => {
      data[at] = (data[at] ?? 0) ^ 0x40;
      return data;
    };

    it.each([
      ['a flipped bit in the body', flip(5_000)],
      ['a flipped bit in the header', flip(40)],
    ])('evicts a sample with %s when it is read, and counts it', async (_what, change) => {
      const { spool, folder } = await make();
      const { id } = await add(spool);
      folder.damage(sampleFile(id), change);
      const entry = spool.next();
      expect(await codeOf(entry ? spool.read(entry) : Promise.resolve())).toBe('spool.corrupt-sample');
      expect(spool.totals()).toMatchObject({ samples: 0, evicted: { corrupt: 1 } });
      expectBalance(spool);
    });

    it('counts files that are cut or gone at the next start', async () => {
      const { spool, folder } = await make();
      const cut = await add(spool);
      const gone = await add(spool);
      const whole = await add(spool);
      folder.damage(sampleFile(cut.id), (data) => data.subarray(0, 100));
      await folder.remove(sampleFile(gone.id));
      const again = await make({}, folder.afterKill());
      expect(again.spool.totals()).toMatchObject({ accepted: 3, samples: 1, evicted: { corrupt: 1, missing: 1 } });
      expect(again.spool.next()?.id).toBe(whole.id);
      const once = await make({}, again.folder.afterKill());
      expect(once.spool.totals()).toEqual({ ...again.spool.totals(), bytes: once.spool.totals().bytes });
    });

    it('loses no sample and no count when any single byte of the journal is damaged', async () => {
      const { spool, folder } = await make();
      const kept = await add(spool);
      const uploaded = await add(spool);
      const evicted = await add(spool);
      await spool.noteAttempt(uploaded.id, 10);
      await spool.uploaded(uploaded.id);
      await spool.evict(evicted.id, 'refused');
      const last = await add(spool);
      const journal = (await folder.list()).map(({ name }) => name).find((name) => name.startsWith('journal')) ?? '';
      const length = (await folder.read(journal)).indexOf(0);
      for (let at = 0; at < length; at++) {
        const damaged = folder.afterKill();
        damaged.damage(journal, flip(at));
        const again = await make({}, damaged);
        const { accepted, uploaded: done, samples, evicted: left } = again.spool.totals();
        expect({ at, accepted, done, samples, left: sum(left) }).toEqual({
          at,
          accepted: 4,
          done: 1,
          samples: 2,
          left: 1,
        });
        const waiting = [again.spool.next()?.id];
        again.spool.take(waiting[0] ?? '');
        waiting.push(again.spool.next()?.id);
        expect(new Set(waiting)).toEqual(new Set([kept.id, last.id]));
      }
    });

    it('takes up every whole sample when the journal is lost', async () => {
      const { spool, folder } = await make();
      const [one, two] = [await add(spool), await add(spool, { priority: 9 })];
      folder.damage(sampleFile(one.id), flip(4_000));
      for (const { name } of await folder.list()) if (name.startsWith('journal')) await folder.remove(name);
      const again = await make({}, folder.afterKill());
      expect(again.spool.totals()).toMatchObject({ accepted: 1, samples: 1 });
      expect(again.spool.next()).toMatchObject({ id: two.id, priority: 9, attempted: true });
    });
  });

  describe('failing disk', () => {
    it('refuses a sample whose file cannot be written, and leaves nothing of it', async () => {
      const { spool, folder } = await make();
      folder.fail('EIO', (step, name) => step === 'sync' && name.endsWith('.sample'));
      expect(await codeOf(add(spool))).toBe('spool.write-failed');
      folder.heal();
      expect((await folder.list()).filter(({ name }) => name.endsWith('.sample'))).toEqual([]);
      expect(await codeOf(add(spool))).toBe('ok');
      expectBalance(spool);
    });

    it.each(['write', 'sync'])('goes on with a new journal after a failed %s of the journal', async (failing) => {
      const { spool, folder } = await make();
      const before = await add(spool);
      folder.fail('EIO', (step, name) => step === failing && name.startsWith('journal'));
      expect(await codeOf(add(spool))).toBe('spool.write-failed');
      folder.heal();
      const after = await add(spool);
      const again = await make(
        {},
        folder.afterPowerLoss(() => 0),
      );
      expect(again.spool.totals()).toMatchObject({ accepted: 2, samples: 2 });
      expect([before.id, after.id]).toContain(again.spool.next()?.id);
    });

    it('keeps a sample waiting when its upload cannot be recorded', async () => {
      const { spool, folder } = await make();
      const { id } = await add(spool);
      folder.fail('EIO', (step, name) => step === 'write' && name.startsWith('journal'));
      expect(await codeOf(spool.uploaded(id))).toBe('spool.write-failed');
      expect(spool.totals()).toMatchObject({ samples: 1, uploaded: 0 });
      folder.heal();
      await spool.uploaded(id);
      expect(spool.totals()).toMatchObject({ samples: 0, uploaded: 1 });
    });
  });

  it('replaces a long journal by a snapshot, and stays small', async () => {
    const { spool, folder } = await make();
    const keep = await add(spool);
    for (let round = 0; round < 1_500; round++) {
      const { id } = await add(spool, {}, 10);
      await spool.noteAttempt(id, 1_000);
      await spool.uploaded(id);
    }
    expect(folder.peakBytes).toBeLessThan(1_000 * KB);
    const again = await make({}, folder.afterKill(), new FakeClock());
    expect(again.spool.totals()).toMatchObject({ accepted: 1_501, uploaded: 1_500, samples: 1 });
    expect(again.spool.next()?.id).toBe(keep.id);
    expect(again.spool.uplink.day.sum()).toBe(1_500_000);
  });

  it('remembers attempts and use over a kill', async () => {
    const { spool, folder, clock } = await make();
    const { id } = await add(spool);
    await spool.noteAttempt(id, 5_000);
    await clock.advance(30 * 60_000);
    const later = new FakeClock(clock.now());
    const again = await make({}, folder.afterKill(), later);
    expect(again.spool.next()).toMatchObject({ id, attempted: true });
    expect(again.spool.uplink.hour.sum()).toBe(5_000);
    expect(again.spool.kept('Parts').hour.sum()).toBe(1);
    await later.advance(31 * 60_000);
    expect(again.spool.uplink.hour.sum()).toBe(0);
  });

  it('sends samples to another bucket, for good', async () => {
    const { spool, folder } = await make();
    const first = await add(spool, { bucket: 'old' });
    const second = await add(spool, { bucket: 'old', configId: 'Other' });
    await spool.redirect(({ configId }) => configId === 'Parts', 'new');
    const again = await make(
      {},
      folder.afterPowerLoss(() => 0),
    );
    expect(again.spool.next()).toMatchObject({ id: first.id, bucket: 'new' });
    again.spool.take(first.id);
    expect(again.spool.next()).toMatchObject({ id: second.id, bucket: 'old' });
  });

  it('gives bytes back that were not sent, over a kill too', async () => {
    const { spool, folder, clock } = await make();
    const { id } = await add(spool);
    await spool.noteAttempt(id, 300);
    const unsent = await spool.noteAttempt(id, 5_000);
    await clock.advance(30_000);
    await spool.refund(unsent);
    expect(spool.uplink.hour.sum()).toBe(300);
    const again = await make({}, folder.afterKill(), new FakeClock(clock.now()));
    expect(again.spool.uplink.hour.sum()).toBe(300);
  });

  it('books attempts over and over while nothing is accepted', async () => {
    const { spool, folder } = await make();
    const { id } = await add(spool);
    for (let attempt = 0; attempt < 3_000; attempt++) await spool.noteAttempt(id, 1);
    const again = await make({}, folder.afterKill());
    expect(again.spool.uplink.day.sum()).toBe(3_000);
  });

  it('finishes what was begun when it closes, and refuses after that', async () => {
    const { spool, folder } = await make();
    const begun = add(spool);
    await Promise.all([spool.close(), spool.close()]);
    expect(await codeOf(begun)).toBe('ok');
    expect(await codeOf(add(spool))).toBe('spool.closed');
    expect((await make({}, folder.afterKill())).spool.totals().samples).toBe(1);
  });
});
