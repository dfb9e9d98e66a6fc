import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { MemoryFolder } from '../../../testing/uploader/memory-folder.ts';
import { sampleBody, sampleHeader } from '../../../testing/uploader/sample-maker.ts';
import { diskFolder } from './disk-folder.ts';
import type { SpoolFolder } from './spool-folder.ts';
import { sum } from './spool-state.ts';
import { Spool } from './spool.ts';
import type { SpoolLimits } from './room.ts';
import { sampleFile } from './stored-sample.ts';

/** The invariants, as a client can check them who only saw the answers. */
interface Model {
  /** Acceptances that were confirmed, with what was given. */
  readonly told: Map<string, { readonly bytes: number; readonly priority: number }>;
  /** Acceptances that a crash cut off: they may have happened. */
  readonly doubtful: Set<string>;
  /** Departures that were confirmed. */
  readonly gone: Set<string>;
  /** Samples whose files were damaged, and that may not have been read since. */
  readonly spoilt: Set<string>;
  limits: SpoolLimits;
  /** Whether a damaged journal may have been read: samples are adopted then, so the books only have to balance. */
  damaged: boolean;
}

interface Rig {
  folder: SpoolFolder;
  spool: Spool;
  readonly clock: FakeClock;
  readonly random: () => number;
}

const LIMITS: SpoolLimits = { maxBytes: 4_000_000, maxSamples: 12, minFreeBytes: 0 };

function follow(rig: Rig, model: Model): void {
  rig.spool.onEvent((event) => {
    if (event.type !== 'accepted') model.gone.add(event.entry.id);
  });
}

async function start(rig: Rig, model: Model): Promise<void> {
  const options = { folder: rig.folder, limits: model.limits, clock: rig.clock, log: silentLogger };
  rig.spool = await Spool.open(options).catch((thrown: EdgeError) => {
    // Damage on a full disk is the one thing that has to wait for room.
    if (!model.damaged || thrown.code !== 'spool.disk-full' || !(rig.folder instanceof MemoryFolder)) throw thrown;
    rig.folder.capacityBytes = Number.MAX_SAFE_INTEGER;
    return Spool.open(options);
  });
  follow(rig, model);
}

/** The samples that wait, with their content checked. */
async function waiting(rig: Rig, model: Model): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let entry = rig.spool.next(); entry; entry = rig.spool.next()) {
    rig.spool.take(entry.id);
    if (model.spoilt.has(entry.id)) {
      await expect(rig.spool.read(entry)).rejects.toMatchObject({ code: 'spool.corrupt-sample' });
      continue;
    }
    ids.push(entry.id);
    const { header, body } = await rig.spool.read(entry);
    const told = model.told.get(entry.id);
    if (told) expect(body.equals(sampleBody(told.bytes))).toBe(true);
    expect(header.id).toBe(entry.id);
  }
  for (const id of ids) rig.spool.release(id);
  return ids;
}

/** After a start: what the spool says must be one of the truths that the model allows; that one is the truth from now on. */
async function settle(rig: Rig, model: Model): Promise<void> {
  const ids = new Set(await waiting(rig, model));
  const { accepted, uploaded, evicted, samples } = rig.spool.totals();
  expect(accepted).toBe(uploaded + sum(evicted) + samples);
  expect(samples).toBe(ids.size);
  for (const id of ids) {
    expect(model.gone.has(id) && !model.damaged, 'a sample came back').toBe(false);
    expect(model.told.has(id) || model.doubtful.has(id), 'a sample from nowhere').toBe(true);
  }
  const departed = [...model.told.keys()].filter((id) => !ids.has(id));
  const named = departed.filter((id) => model.gone.has(id)).length;
  // Every confirmed sample that does not wait was counted, whether its departure was seen or not.
  expect(departed.length - named).toBeLessThanOrEqual(Math.max(0, uploaded + sum(evicted) - named));
  for (const id of departed) model.gone.add(id);
  for (const id of ids) if (!model.told.has(id)) model.told.set(id, await sizeOf(rig, id));
  model.doubtful.clear();
}

async function sizeOf(rig: Rig, id: string) {
  const entry = rig.spool.next((candidate) => candidate.id === id);
  if (!entry) throw new Error('gone');
  return { bytes: (await rig.spool.read(entry)).body.length, priority: entry.priority };
}

type Command = fc.AsyncCommand<Model, Rig>;

function command(name: string, run: (model: Model, rig: Rig) => Promise<void>): Command {
  return { check: () => true, run, toString: () => name };
}

const accept = (bytes: number, priority: number): Command =>
  command(`accept(${bytes}, ${priority})`, async (model, rig) => {
    const header = sampleHeader({ priority });
    model.doubtful.add(header.id);
    const accepted = await rig.spool.accept(header, sampleBody(bytes)).then(
      () => true,
      () => false,
    );
    if (accepted) model.told.set(header.id, { bytes, priority });
    if (!isCrashed(rig)) model.doubtful.delete(header.id);
  });

const acceptMany = (count: number): Command =>
  command(`acceptMany(${count})`, async (model, rig) => {
    await Promise.all(Array.from({ length: count }, (_, index) => accept(1_000 + index, index % 10).run(model, rig)));
  });

const upload = (): Command =>
  command('upload', async (model, rig) => {
    const entry = rig.spool.next();
    if (!entry) return;
    const most = [...model.told].filter(([id]) => !model.gone.has(id)).map(([, { priority }]) => priority);
    if (!model.damaged && most.length > 0 && !isCrashed(rig)) expect(entry.priority).toBe(Math.max(...most));
    await rig.spool.noteAttempt(entry.id, entry.bytes).catch(() => undefined);
    await rig.spool.uploaded(entry.id).catch(() => undefined);
  });

const setLimits = (maxSamples: number): Command =>
  command(`setLimits(${maxSamples})`, async (model, rig) => {
    model.limits = { ...LIMITS, maxSamples };
    await rig.spool.setLimits(model.limits).catch(() => undefined);
    if (!isCrashed(rig)) expect(rig.spool.totals().samples).toBeLessThanOrEqual(maxSamples);
  });

const damageSample = (): Command =>
  command('damageSample', async (model, rig) => {
    const entry = rig.spool.next();
    if (!entry || isCrashed(rig)) return;
    model.spoilt.add(entry.id);
    await damage(rig, sampleFile(entry.id), entry.bytes - 1);
    const outcome = await rig.spool.read(entry).then(
      () => 'read',
      (thrown: EdgeError) => thrown.code,
    );
    if (!isCrashed(rig)) expect(outcome).toBe('spool.corrupt-sample');
  });

const jump = (ms: number): Command =>
  command(`jump(${ms})`, async (_model, rig) => {
    await rig.clock.advance(ms);
  });

/** Restarts the spool after its process was killed, or the power lost. */
const restart = (how: 'kill' | 'power'): Command =>
  command(`restart(${how})`, async (model, rig) => {
    if (rig.folder instanceof MemoryFolder)
      rig.folder = how === 'kill' ? rig.folder.afterKill() : rig.folder.afterPowerLoss(rig.random);
    else await rig.spool.close();
    await start(rig, model);
    await settle(rig, model);
  });

/** Lets a command die at one of its steps, and restarts. */
const crashDuring = (steps: number, inner: Command, how: 'kill' | 'power'): Command =>
  command(`crashDuring(${steps}, ${String(inner)}, ${how})`, async (model, rig) => {
    (rig.folder as MemoryFolder).crashIn(steps);
    await inner.run(model, rig);
    (rig.folder as MemoryFolder).heal();
    await restart(how).run(model, rig);
  });

/** Lets the restart itself die, again and again, before it may succeed. */
const crashWhileStarting = (steps: readonly number[], how: 'kill' | 'power'): Command =>
  command(`crashWhileStarting(${steps.join()}, ${how})`, async (model, rig) => {
    for (const step of steps) {
      const folder = rig.folder as MemoryFolder;
      rig.folder = how === 'kill' ? folder.afterKill() : folder.afterPowerLoss(rig.random);
      (rig.folder as MemoryFolder).crashIn(step);
      await start(rig, model).catch(() => undefined);
      (rig.folder as MemoryFolder).heal();
    }
    await restart(how).run(model, rig);
  });

const damageJournal = (at: number): Command =>
  command(`damageJournal(${at})`, async (model, rig) => {
    const journal = (await rig.folder.list()).find(({ name }) => name.startsWith('journal'));
    if (!journal) return;
    const used = (await rig.folder.read(journal.name)).indexOf(0);
    await damage(rig, journal.name, at % Math.max(1, used));
    model.damaged = true;
    await restart('kill').run(model, rig);
  });

const fillDisk = (freeBytes: number): Command =>
  command(`fillDisk(${freeBytes})`, async (_model, rig) => {
    const folder = rig.folder as MemoryFolder;
    folder.capacityBytes = folder.usedBytes + freeBytes;
  });

const freeDisk = (): Command =>
  command('freeDisk', async (_model, rig) => {
    (rig.folder as MemoryFolder).capacityBytes = Number.MAX_SAFE_INTEGER;
  });

function isCrashed(rig: Rig): boolean {
  return rig.folder instanceof MemoryFolder && rig.folder.crashed;
}

async function damage(rig: Rig, name: string, at: number): Promise<void> {
  const flip = (data: Buffer) => {
    data[at] = (data[at] ?? 0) ^ 1;
    return data;
  };
  if (rig.folder instanceof MemoryFolder) return rig.folder.damage(name, flip);
  const bytes = flip(await rig.folder.read(name));
  const file = await rig.folder.open(name);
  await file.write(0, bytes);
  await file.close();
}

const everyday = [
  fc
    .tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 9 }))
    .map(([bytes, priority]) => accept(bytes, priority)),
  fc.integer({ min: 2, max: 20 }).map(acceptMany),
  fc.constant(upload()),
  fc.integer({ min: 1, max: 15 }).map(setLimits),
  fc.constant(damageSample()),
  fc.integer({ min: 0, max: 90_000_000 }).map(jump),
];
const crashes = fc.constantFrom('kill' as const, 'power' as const);
const anyEveryday = fc.oneof(...everyday);
const catastrophes = [
  crashes.map(restart),
  fc.tuple(fc.integer({ min: 0, max: 60 }), anyEveryday, crashes).map((args) => crashDuring(...args)),
  fc
    .tuple(fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 1, maxLength: 4 }), crashes)
    .map((args) => crashWhileStarting(...args)),
  fc.integer({ min: 0, max: 200_000 }).map(fillDisk),
  fc.constant(freeDisk()),
];

const RUNS = Number(process.env['EDGEML_SPOOL_RUNS'] ?? 100);
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

async function play(commands: Iterable<Command>, folder: SpoolFolder, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const model: Model = {
    told: new Map(),
    doubtful: new Set(),
    gone: new Set(),
    spoilt: new Set(),
    limits: LIMITS,
    damaged: false,
  };
  const rig: Rig = { folder, clock: new FakeClock(), random, spool: undefined as unknown as Spool };
  await start(rig, model);
  await fc.asyncModelRun(() => ({ model, real: rig }), commands);
  if (rig.folder instanceof MemoryFolder) expect(rig.folder.peakBytes).toBeLessThanOrEqual(LIMITS.maxBytes);
  await restart('kill').run(model, rig);
  await rig.spool.close();
}

describe('Spool against its model', () => {
  it('keeps every promise through crashes at any step, losses of power and full disks', async () => {
    const commands = fc.commands([...everyday, ...catastrophes], { maxCommands: 40, size: 'max' });
    await fc.assert(
      fc.asyncProperty(commands, fc.nat(), (list, seed) => play(list, new MemoryFolder(), seed)),
      { numRuns: RUNS },
    );
  });

  it('keeps its books balanced and adopts whole samples when the journal is damaged', async () => {
    const commands = fc.commands([...everyday, ...catastrophes, fc.nat().map(damageJournal)], {
      maxCommands: 30,
      size: 'max',
    });
    await fc.assert(
      fc.asyncProperty(commands, fc.nat(), (list, seed) => play(list, new MemoryFolder(), seed)),
      { numRuns: RUNS },
    );
  });

  it('does the same on a real disk, killed between any two calls', async () => {
    const onDisk = [...everyday, fc.constant(restart('kill'))];
    await fc.assert(
      fc.asyncProperty(fc.commands(onDisk, { maxCommands: 25, size: 'max' }), fc.nat(), async (list, seed) => {
        const folder = await mkdtemp(path.join(tmpdir(), 'spool-model-'));
        folders.push(folder);
        await play(list, await diskFolder(folder), seed);
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  });
});
