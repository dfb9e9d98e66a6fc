import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { TEST_LIMIT_MS } from '../../testing/patience.ts';
import { seededRandom } from '../../testing/seeded-random.ts';
import type { ProxyFault } from '../../testing/object-store/fault-proxy.ts';
import type { Books } from '../../testing/uploader/read-books.ts';
import type { Campaign } from '../../testing/uploader/campaign.ts';
import { startCampaign } from '../../testing/uploader/campaign.ts';
import { peakMemoryMb } from '../../testing/process/process-facts.ts';
import type { UploaderProcess } from '../../testing/uploader/uploader-process.ts';

/** SIGKILLs in the suite; set EDGEML_FEEDBACK_KILLS=300 for the long campaign, and EDGEML_FEEDBACK_SEED for another one. */
const KILLS = Number(process.env['EDGEML_FEEDBACK_KILLS'] ?? 4);
const SEED = Number(process.env['EDGEML_FEEDBACK_SEED'] ?? 1);
const SPOOL_MB = 6;
const MEMORY_MB = 150;

const run = promisify(execFile);
let campaign: Campaign | undefined;
let started: UploaderProcess | undefined;

afterEach(async () => {
  started?.client.close();
  await started?.process.end('SIGKILL');
  await campaign?.close();
  started = campaign = undefined;
});

function expectBalanced({ accepted, uploaded, evicted, waiting }: Books): void {
  expect(accepted).toBe(uploaded + evicted + waiting);
}

/** Everything that was accepted is in the store once, or was evicted and counted. */
async function expectNothingLost(of: Campaign, { client }: UploaderProcess): Promise<Books> {
  await expect.poll(async () => (await of.books(client)).waiting).toBe(0);
  const books = await of.books(client);
  expectBalanced(books);
  expect(books.accepted).toBeGreaterThanOrEqual(of.told.size);
  expect(books.accepted).toBeLessThanOrEqual(of.told.size + of.unanswered());
  const absent = [...of.told].filter((id) => of.storedTimes(id) === 0);
  expect(absent.length).toBeLessThanOrEqual(books.evicted);
  expect([...of.proxy.stored.values()].filter((times) => times !== 1)).toEqual([]);
  const samples = [...of.proxy.stored.keys()].filter((key) => !key.endsWith('.json'));
  expect(samples.length).toBeGreaterThanOrEqual(books.uploaded);
  expect(samples.length).toBeLessThanOrEqual(books.accepted);
  expect(samples.filter((key) => !of.proxy.stored.has(`${key}.json`))).toEqual([]);
  return books;
}

type StoreFault = Exclude<ProxyFault, 'expired-token'> | 'down' | 'slow';
const FAULTS: readonly StoreFault[] = [
  'none',
  'slow',
  'down',
  'hang-up',
  'lose-answer',
  'silent',
  'slow-down',
  'internal-error',
  'access-denied',
];

async function setFault({ proxy }: Campaign, fault: StoreFault, isDown: boolean): Promise<void> {
  proxy.delayMs = fault === 'slow' ? 100 : 0;
  proxy.fault = fault === 'down' || fault === 'slow' ? 'none' : fault;
  if (isDown !== (fault === 'down')) await (isDown ? proxy.up() : proxy.down());
}

/** Waits until a share of what waits is uploaded. */
async function uploadedUpTo(of: Campaign, { client }: UploaderProcess, share: number): Promise<void> {
  const { waiting } = await of.books(client);
  const left = Math.floor(waiting * (1 - share));
  await expect.poll(async () => (await of.books(client)).waiting).toBeLessThanOrEqual(left);
}

describe('crash and fault campaign', () => {
  const title = `loses nothing through ${KILLS} SIGKILLs while the store is down, slow, throttling or denying`;
  it(title, { timeout: TEST_LIMIT_MS + KILLS * 20_000 }, async () => {
    const random = seededRandom(SEED);
    const of = (campaign = await startCampaign({ SpoolMaxMB: SPOOL_MB }));
    let isDown = false;
    let mostMemory = 0;
    let mostBytes = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const fault = FAULTS[kill % FAULTS.length] ?? 'none';
      await setFault(of, fault, isDown);
      isDown = fault === 'down';
      if (random() < 0.15) {
        // Killed while it starts.
        const starting = await of.spawn();
        if (random() < 0.5) await starting.line(/feedback\.listening/);
        await starting.end('SIGKILL');
      }
      const uploader = (started = await of.start());
      expectBalanced(await of.books(uploader.client));
      let left = Math.floor(random() * 60);
      const killed = new Promise<void>((resolve) => {
        const caller = async (): Promise<void> => {
          while (left-- > 0)
            await of.send(uploader.client, Math.ceil(random() * 60_000), random() < 0.3 ? 'High' : 'Low');
          resolve();
        };
        for (let callers = 0; callers < 4; callers++) void caller();
      });
      await killed;
      if (fault === 'none') await uploadedUpTo(of, uploader, random());
      mostMemory = Math.max(mostMemory, peakMemoryMb(uploader.process.pid) ?? 0);
      await uploader.process.end('SIGKILL');
      uploader.client.close();
      mostBytes = Math.max(mostBytes, await of.spoolBytes());
      expect(mostBytes).toBeLessThanOrEqual(SPOOL_MB * 1_000_000);
    }
    await setFault(of, 'none', isDown);
    started = await of.start();
    const books = await expectNothingLost(of, started);
    expect(mostMemory).toBeLessThan(MEMORY_MB);
    if (KILLS > 100) {
      const refused = Object.fromEntries(of.refusals);
      console.log({ kills: KILLS, seed: SEED, ...books, unanswered: of.unanswered(), refused, mostMemory, mostBytes });
    }
  });

  it('keeps its books while the clock jumps by days, forwards and back', async () => {
    const of = (campaign = await startCampaign({ SpoolMaxMB: SPOOL_MB }));
    const jump = path.join(of.workFolder, 'jump.cjs');
    // Every reading of the wall clock may be days away from the one before.
    await writeFile(
      jump,
      `const real = Date.now.bind(Date); let at = 0, reading = 0, state = ${SEED};
       const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
       Date.now = () => { if (reading++ % 20 === 0) at = (random() - 0.5) * 30 * 86400000; return Math.floor(real() + at); };`,
    );
    for (const fault of ['down', 'none'] as const) {
      await setFault(of, fault, fault === 'none');
      const uploader = (started = await of.start({ NODE_OPTIONS: `--require ${jump}` }));
      await Promise.all(Array.from({ length: 30 }, () => of.send(uploader.client, 20_000)));
      expectBalanced(await of.books(uploader.client));
      await uploader.process.end('SIGKILL');
      uploader.client.close();
    }
    started = await of.start();
    const books = await expectNothingLost(of, started);
    expect(books).toMatchObject({ accepted: 60, uploaded: 60, evicted: 0 });
  });

  it('lets the oldest go on a full disk, counts them, and goes on when there is room', async (context) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'uploader-full-'));
    const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', folder]).then(
      () => true,
      () => false,
    );
    if (!mounted) {
      await rm(folder, { recursive: true });
      return context.skip('only root can mount a small disk');
    }
    try {
      // The cap is larger than the disk, as it is where somebody else fills it.
      const of = (campaign = await startCampaign({ SpoolMaxMB: 64 }, folder));
      await of.proxy.down();
      const uploader = (started = await of.start());
      for (let round = 0; round < 60; round++) await of.send(uploader.client, 150_000);
      const full = await of.books(uploader.client);
      expectBalanced(full);
      expect(of.told.size).toBeGreaterThan(20);
      expect(of.unanswered()).toBe(0);
      await uploader.process.end('SIGKILL');
      uploader.client.close();

      const again = (started = await of.start());
      expect(await of.books(again.client)).toEqual(full);
      await of.proxy.up();
      await expectNothingLost(of, again);
      await of.send(again.client, 150_000);
      const books = await expectNothingLost(of, again);
      expect(books.accepted).toBe(of.told.size);
      await again.process.end();
    } finally {
      await started?.process.end('SIGKILL');
      await run('umount', ['-l', folder]);
      await rm(folder, { recursive: true, force: true });
    }
  });
});
