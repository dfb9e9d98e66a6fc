import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '#packages/foundation';

import { PATIENCE_MS } from '../../../testing/patience.ts';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { ACCESS_DENIED, DOWN } from '../../../testing/object-store/memory-object-store.ts';
import type { CaptureRecord } from './capture.ts';
import { CaptureService } from './capture-service.ts';
import type { CaptureSettings } from './capture-settings.ts';
import {
  captureRecord,
  eventsOf,
  eventsOnDisk,
  idsOf,
  settingsFor,
} from '../../../testing/agent/capture/capture-maker.ts';
import { MemoryUpload } from '../../../testing/agent/capture/memory-upload.ts';

/** Noon, the time of the fake clock plus twelve hours. */
const START = Date.UTC(2026, 2, 1, 12, 30, 15);
const FOLDER = 'sme-capture/plant-2/parts/2026/03/01/12';

let root: string;
let clock: FakeClock;
let upload: MemoryUpload;
let open: CaptureService[];
const accepted: string[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'capture-'));
  clock = new FakeClock(START);
  upload = new MemoryUpload();
  open = [];
  accepted.length = 0;
});

afterEach(async () => {
  upload.fault = undefined;
  upload.release();
  await Promise.all(open.map((service) => settled(service.close(LONG_MS))));
  await rm(root, { recursive: true, force: true });
});

async function start(changes: Partial<CaptureSettings> = {}): Promise<CaptureService> {
  const service = new CaptureService(
    {
      model: (alias) => (alias === 'parts' ? { version: '1.2.0' } : undefined),
      upload,
      onAccepted: (alias) => accepted.push(alias),
      clock,
      random: () => 0.5,
      log: silentLogger,
    },
    settingsFor(root, changes),
  );
  await service.open();
  open.push(service);
  return service;
}

/** The fake clock goes faster than the disk. */
const LONG_MS = 1e9;

/** Lets time go on until the promise has settled: what waits for the clock is not what is tested. */
async function settled<Result>(work: Promise<Result>): Promise<Result> {
  let done = false;
  const watched = work.finally(() => (done = true));
  watched.catch(() => undefined);
  while (!done) await clock.advance(1_000);
  return watched;
}

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: PATIENCE_MS, interval: 5 });
const statusIs = (service: CaptureService, id: string, status: string) =>
  soon(() => expect(service.status(undefined, id)).toBe(status));
const refusal = (service: CaptureService, record: CaptureRecord) =>
  service.accept(record).then(
    () => 'accepted',
    (thrown: unknown) => (thrown as { code?: string }).code,
  );

describe('what is refused', () => {
  it('row 88: a capture_id that was accepted before, also when both come at once', async () => {
    const service = await start();
    const both = await Promise.all([refusal(service, captureRecord('a')), refusal(service, captureRecord('a'))]);
    expect(both.sort()).toEqual(['accepted', 'capture.duplicate']);
    await clock.advance(4_000);
    await statusIs(service, 'a', 'SUCCESS');
    expect(await refusal(service, captureRecord('a'))).toBe('capture.duplicate');
  });

  it('row 88: also after a restart, from the disk', async () => {
    const first = await start();
    await first.accept(captureRecord('a'));
    await settled(first.close(LONG_MS));
    const second = await start();
    expect(await refusal(second, captureRecord('a'))).toBe('capture.duplicate');
    expect(second.status(undefined, 'a')).toBe('SUCCESS');
  });

  it('row 89: an inference in the future, by more than a second; none given is now', async () => {
    const service = await start({ batchSize: 1 });
    const at = (inferenceTimestamp: number) => captureRecord(`t${inferenceTimestamp}`, { inferenceTimestamp });
    expect(await refusal(service, at(START + 3_600_000))).toBe('capture.future-timestamp');
    expect(await refusal(service, at(START + 1_001))).toBe('capture.future-timestamp');
    expect(await refusal(service, at(START + 1_000))).toBe('accepted');
    expect(await refusal(service, at(Number.NaN))).toBe('capture.invalid-timestamp');
    expect(await refusal(service, at(-1))).toBe('capture.invalid-timestamp');
    expect(await refusal(service, captureRecord('now'))).toBe('accepted');
    await statusIs(service, 'now', 'SUCCESS');
    const events = (await eventsOnDisk(root)).get(`${FOLDER}/now.jsonl`);
    expect(events?.[0]?.eventMetadata.inferenceTime).toBe('2026-03-01T12:30:15');
  });

  it.each([
    '2f6ae8a3-54b6-4a5f-9f57-1c8f3a1d2b77',
    'capture1678810290',
    'captureshm1678810290',
    'inspection-1678810290123',
    'capture-parts-model-1.0-2023-03-14T16:11:30_1-1',
    'a',
    'x'.repeat(128),
  ])('row 90: no capture_id that clients send: %s', async (id) => {
    expect(await refusal(await start(), captureRecord(id))).toBe('accepted');
  });

  it.each([
    '',
    '../etc/passwd',
    'a/b',
    'a\\b',
    '..',
    '.hidden',
    'a..b',
    'a\u0000b',
    'a\nb',
    'é',
    'x'.repeat(129),
    ' a',
  ])('row 90: the unsafe capture_id %j', async (id) => {
    expect(await refusal(await start(), captureRecord(id))).toBe('capture.unsafe-id');
  });

  it('row 91: a model that does not serve', async () => {
    const service = await start();
    expect(await refusal(service, captureRecord('a', { modelName: 'belts' }))).toBe('capture.unknown-model');
    expect(accepted).toEqual([]);
  });

  it('row 91: everything for the cloud while there is no network', async () => {
    upload.network = 'NO_NETWORK_ACCESS';
    const service = await start({ destination: 'Cloud' });
    expect(await refusal(service, captureRecord('a'))).toBe('capture.offline');
    upload.network = 'OK';
    expect(await refusal(service, captureRecord('a'))).toBe('accepted');
  });

  it('row 92: one more than the buffer holds', async () => {
    upload.holds = true;
    const service = await start({ destination: 'Cloud', bufferSize: 4, batchSize: 2 });
    for (const id of ['a', 'b', 'c', 'd']) await service.accept(captureRecord(id));
    expect(await refusal(service, captureRecord('e'))).toBe('capture.buffer-full');
    upload.release();
    await statusIs(service, 'd', 'SUCCESS');
    expect(await refusal(service, captureRecord('e'))).toBe('accepted');
  });

  it.each([
    [{ shape: [1, 3, 2, 2] }, /UINT8 \[1, 3, 2, 2\] has 12 bytes, 4 came/],
    [{ shape: [-4] }, /\[-4\]/],
    [{ shape: [0.5] }, /0\.5/],
  ])('a tensor whose bytes are not those of its shape: %j', async (changes, said) => {
    const [input] = captureRecord('a').inputs;
    const service = await start();
    await expect(service.accept(captureRecord('a', { inputs: [{ ...input!, ...changes }] }))).rejects.toMatchObject({
      code: 'capture.invalid-tensor',
      message: expect.stringMatching(said) as string,
    });
  });

  it('anything while fleet or bucket are not configured, by the names of the settings', async () => {
    const service = await start({ destination: 'Cloud', fleet: '', bucket: '' });
    await expect(service.accept(captureRecord('a'))).rejects.toMatchObject({
      code: 'capture.not-configured',
      message: expect.stringMatching(/DeviceFleetName.*BucketName/) as string,
    });
  });

  it('row 94: a question about an id that nobody knows, or that is another model’s', async () => {
    const service = await start();
    await service.accept(captureRecord('a'));
    expect(() => service.status(undefined, 'b')).toThrow(
      expect.objectContaining({ code: 'capture.unknown-id' }) as Error,
    );
    expect(() => service.status('belts', 'a')).toThrow(
      expect.objectContaining({ code: 'capture.unknown-id' }) as Error,
    );
    expect(service.status('parts', 'a')).toBe('IN_PROGRESS');
  });

  it('more than may wait for its upload', async () => {
    const service = await start({ periodicUpload: true, maxDiskBytes: 2_000, batchSize: 1 });
    const outcomes: (string | undefined)[] = [];
    for (let count = 0; count < 6; count++) {
      outcomes.push(await refusal(service, captureRecord(`c${count}`)));
      if (outcomes.at(-1) === 'accepted') await statusIs(service, `c${count}`, 'SUCCESS');
    }
    expect(outcomes[0]).toBe('accepted');
    expect(outcomes.at(-1)).toBe('capture.disk-full');
    await clock.advance(8_000);
    await soon(async () => expect([...(await eventsOnDisk(root)).keys()]).toEqual([]));
    expect(await refusal(service, captureRecord('later'))).toBe('accepted');
  });

  it('anything below a folder that cannot be written, and goes on when it can', async () => {
    const blocked = join(root, 'blocked');
    await writeFile(blocked, 'no folder');
    const service = await start({ diskPath: blocked });
    expect(await refusal(service, captureRecord('a'))).toBe('capture.write-failed');
    await rm(blocked);
    expect(await refusal(service, captureRecord('a'))).toBe('accepted');
  });
});

describe('row 93: a file is finished', () => {
  it('when it has as many captures as a batch', async () => {
    const service = await start({ batchSize: 3 });
    for (const id of ['a', 'b']) await service.accept(captureRecord(id));
    expect(service.status(undefined, 'a')).toBe('IN_PROGRESS');
    expect((await eventsOnDisk(root)).size).toBe(0);
    await service.accept(captureRecord('c'));
    await statusIs(service, 'c', 'SUCCESS');
    expect([...(await eventsOnDisk(root)).values()].map((events) => idsOf([events]))).toEqual([['a', 'b', 'c']]);
  });

  it('when the push period is over', async () => {
    const service = await start();
    await service.accept(captureRecord('a'));
    await clock.advance(3_999);
    expect(service.status(undefined, 'a')).toBe('IN_PROGRESS');
    await clock.advance(1);
    await statusIs(service, 'a', 'SUCCESS');
  });

  it('when the agent stops', async () => {
    const service = await start();
    await service.accept(captureRecord('a'));
    await settled(service.close(LONG_MS));
    expect(service.status(undefined, 'a')).toBe('SUCCESS');
    expect(idsOf((await eventsOnDisk(root)).values())).toEqual(['a']);
    expect(await refusal(service, captureRecord('b'))).toBe('capture.closed');
  });

  it('per model and hour, whatever comes in between', async () => {
    const service = await start({ batchSize: 3 });
    await service.accept(captureRecord('now-1'));
    await service.accept(captureRecord('old', { inferenceTimestamp: START - 3_600_000 }));
    await service.accept(captureRecord('now-2'));
    await statusIs(service, 'now-2', 'SUCCESS');
    await statusIs(service, 'old', 'SUCCESS');
    const byFolder = [...(await eventsOnDisk(root))].map(([path, events]) => [
      path.slice(0, FOLDER.length),
      idsOf([events]),
    ]);
    expect(byFolder).toEqual([
      ['sme-capture/plant-2/parts/2026/03/01/11', ['old']],
      [FOLDER, ['now-1', 'now-2']],
    ]);
  });
});

describe('the cloud as destination', () => {
  it('rows 87 and 97: goes from IN_PROGRESS to SUCCESS, under <prefix>/<fleet>/<model>/YYYY/MM/DD/HH', async () => {
    const service = await start({ destination: 'Cloud', batchSize: 2 });
    await service.accept(captureRecord('a'));
    expect(service.status('parts', 'a')).toBe('IN_PROGRESS');
    await service.accept(captureRecord('b'));
    await statusIs(service, 'b', 'SUCCESS');
    const [[key, body] = ['', Buffer.alloc(0)]] = upload.objects;
    expect(key).toMatch(new RegExp(`^data/${FOLDER}/20260301T123015Z-[0-9a-f]{8}\\.jsonl$`));
    expect(idsOf([eventsOf(body.toString())])).toEqual(['a', 'b']);
    expect(accepted).toEqual(['parts', 'parts']);
  });

  it('row 97: names a file after its capture where each has its own', async () => {
    const service = await start({ destination: 'Cloud', batchSize: 1 });
    await service.accept(captureRecord('a'));
    await statusIs(service, 'a', 'SUCCESS');
    expect([...upload.objects.keys()]).toEqual([`data/${FOLDER}/a.jsonl`]);
  });

  it('row 87: goes to FAILURE when the bucket goes on refusing', async () => {
    upload.fault = ACCESS_DENIED;
    const service = await start({ destination: 'Cloud', batchSize: 1 });
    await service.accept(captureRecord('a'));
    for (let round = 0; round < 20 && service.status(undefined, 'a') === 'IN_PROGRESS'; round++)
      await clock.advance(60_000);
    expect(service.status(undefined, 'a')).toBe('FAILURE');
    expect(upload.attempts).toBe(3);
  });

  it('tries again until the network is back', async () => {
    upload.fault = DOWN;
    const service = await start({ destination: 'Cloud', batchSize: 1 });
    await service.accept(captureRecord('a'));
    for (let round = 0; round < 20; round++) await clock.advance(60_000);
    expect(service.status(undefined, 'a')).toBe('IN_PROGRESS');
    upload.fault = undefined;
    await clock.advance(120_000);
    await statusIs(service, 'a', 'SUCCESS');
  });

  it('gives up what it cannot deliver in time when the agent stops, and says so', async () => {
    upload.holds = true;
    const service = await start({ destination: 'Cloud' });
    await service.accept(captureRecord('a'));
    await settled(service.close(1_000));
    expect(service.status(undefined, 'a')).toBe('FAILURE');
  });
});

describe('row 98: the disk as destination', () => {
  it('moves files to the bucket periodically, side files with them, and refers to them there', async () => {
    const data = new Uint8Array(5_000).fill(7);
    const large = { name: 'input', dataType: 'UINT8', shape: [5_000], data } as const;
    const service = await start({ periodicUpload: true, batchSize: 1 });
    await service.accept(captureRecord('a', { inputs: [large] }));
    await statusIs(service, 'a', 'SUCCESS');
    const [event] = (await eventsOnDisk(root)).get(`${FOLDER}/a.jsonl`) ?? [];
    const reference = event?.deviceFleetInputs[0]?.['data-ref'] ?? '';
    expect(await readFile(fileURLToPath(reference))).toEqual(Buffer.from(data));

    await clock.advance(8_000);
    await soon(() =>
      expect([...upload.objects.keys()].sort()).toEqual([`data/${FOLDER}/a-1.bin`, `data/${FOLDER}/a.jsonl`]),
    );
    await soon(async () => expect((await eventsOnDisk(root)).size).toBe(0));
    const [moved] = eventsOf(upload.objects.get(`data/${FOLDER}/a.jsonl`)?.toString() ?? '');
    expect(moved).toEqual({
      ...event,
      deviceFleetInputs: [{ ...event?.deviceFleetInputs[0], 'data-ref': `s3://data/${FOLDER}/a-1.bin` }],
    });
    expect(upload.objects.get(`data/${FOLDER}/a-1.bin`)).toEqual(Buffer.from(data));
    await soon(async () => expect(await missing(join(root, 'sme-capture'))).toBe(true));
  });

  it('keeps them while the store cannot take them, also over a restart, and moves each once', async () => {
    upload.fault = DOWN;
    const first = await start({ periodicUpload: true, batchSize: 2 });
    for (const id of ['a', 'b', 'c']) await first.accept(captureRecord(id));
    await clock.advance(4_000);
    await statusIs(first, 'c', 'SUCCESS');
    for (let round = 0; round < 5; round++) await clock.advance(300_000);
    await settled(first.close(LONG_MS));
    expect(upload.objects.size).toBe(0);

    upload.fault = undefined;
    await start({ periodicUpload: true, batchSize: 2 });
    await clock.advance(8_000);
    await soon(async () => expect((await eventsOnDisk(root)).size).toBe(0));
    const events = [...upload.objects.values()].map((body) => eventsOf(body.toString()));
    expect([...idsOf(events)].sort()).toEqual(['a', 'b', 'c']);
  });

  it('leaves alone what is not its own', async () => {
    const foreign = join(root, 'sme-capture', 'notes.jsonl');
    await mkdir(join(root, 'sme-capture'), { recursive: true });
    await writeFile(foreign, '{}\n');
    const service = await start({ periodicUpload: true, batchSize: 1 });
    await service.accept(captureRecord('a'));
    await statusIs(service, 'a', 'SUCCESS');
    await clock.advance(8_000);
    await soon(() => expect([...upload.objects.keys()]).toEqual([`data/${FOLDER}/a.jsonl`]));
    expect(await readFile(foreign, 'utf8')).toBe('{}\n');
  });

  it('finishes what a killed process left, cuts what it had not finished writing, and forgets orphans', async () => {
    const pending = join(root, '.pending', FOLDER);
    const killed = await start();
    await killed.accept(captureRecord('a'));
    await killed.accept(captureRecord('b'));
    // The process is gone here: nobody closes it. A line was on its way, and a side file for it.
    const [name = ''] = (await readdir(pending)).filter((entry) => entry.endsWith('.jsonl'));
    await writeFile(join(pending, name), '{"deviceFleetInputs":[', { flag: 'a' });
    await writeFile(join(pending, 'c-1.bin'), 'orphan');
    open = [];
    clock = new FakeClock(START);

    const next = await start();
    expect(idsOf((await eventsOnDisk(root)).values())).toEqual(['a', 'b']);
    expect(next.status(undefined, 'a')).toBe('SUCCESS');
    expect(await refusal(next, captureRecord('b'))).toBe('capture.duplicate');
    expect(await refusal(next, captureRecord('c'))).toBe('accepted');
    expect(await missing(join(root, FOLDER, 'c-1.bin'))).toBe(true);
  });

  it('writes files that others cannot read or change', async () => {
    const service = await start({ batchSize: 1 });
    await service.accept(captureRecord('a'));
    await statusIs(service, 'a', 'SUCCESS');
    const { mode } = await stat(join(root, FOLDER, 'a.jsonl'));
    expect(mode & 0o027).toBe(0);
  });
});

describe('a change of the configuration', () => {
  it('holds for the next capture; what was on its way to the old destination still goes there', async () => {
    const service = await start();
    await service.accept(captureRecord('a'));
    await service.setSettings(settingsFor(root, { destination: 'Cloud', batchSize: 1, fleet: 'plant-3' }));
    expect(service.status(undefined, 'a')).toBe('SUCCESS');
    await service.accept(captureRecord('b'));
    await statusIs(service, 'b', 'SUCCESS');
    expect(idsOf((await eventsOnDisk(root)).values())).toEqual(['a']);
    expect([...upload.objects.keys()]).toEqual([`data/${FOLDER.replace('plant-2', 'plant-3')}/b.jsonl`]);
  });
});

async function missing(path: string): Promise<boolean> {
  return access(path).then(
    () => false,
    () => true,
  );
}
