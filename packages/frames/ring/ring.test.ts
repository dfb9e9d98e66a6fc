import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFile } from '#packages/posix';
import type { OwnedFolder } from '#packages/posix';
import { layoutOf, patternOf } from '../../../testing/frames/frame-pattern.ts';
import { frameBytes } from '../frame-layout.ts';
import { makeRingFolder, SHARED_MEMORY } from './ring-folder.ts';
import { readFrame } from './ring-reader.ts';
import { ringBytes } from './ring-record.ts';
import { RingStore } from './ring-store.ts';
import { RingWriter } from './ring-writer.ts';

const layout = layoutOf(33, 17);
const slotBytes = frameBytes(layout);
const NOW = Date.parse('2026-11-26T12:00:00Z');

let parent: string;
let folder: OwnedFolder;
let budget: number;
let store: RingStore;

describe.runIf(process.platform === 'linux')('a ring of frames', () => {
  beforeEach(() => {
    parent = mkdtempSync(join(SHARED_MEMORY, 'edgeml-test-'));
    folder = makeRingFolder(parent, NOW);
    budget = 64 * 1024 * 1024;
    store = new RingStore({ folder: folder.path, budget: () => budget });
  });
  afterEach(() => {
    folder.remove();
    rmSync(parent, { recursive: true, force: true });
  });

  async function writerOf(slots = 4) {
    const lease = await store.lease({ slotBytes, slots });
    return { lease, writer: RingWriter.open(lease.ring) };
  }

  function write(writer: RingWriter, slot: number, number: number): number {
    writer.begin(slot);
    patternOf(layout, number).copy(writer.bytes(slot));
    return writer.publish(slot);
  }

  it('gives each reader the very frame that a reference names, or says that it is stale', async () => {
    const { lease, writer } = await writerOf();
    const steps = fc.array(fc.record({ slot: fc.nat(3), number: fc.nat(255), ask: fc.nat(20) }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (all) => {
        const written: { slot: number; sequence: number; number: number }[] = [];
        const last = new Map<number, number>();
        for (const { slot, number, ask } of all) {
          const sequence = write(writer, slot, number);
          written.push({ slot, sequence, number });
          last.set(slot, sequence);
          const asked = written[ask % written.length]!;
          const into = Buffer.alloc(slotBytes);
          const read = () => readFrame({ ring: lease.ring, slot: asked.slot, sequence: asked.sequence, layout }, into);
          if (last.get(asked.slot) === asked.sequence) {
            read();
            expect(into.equals(patternOf(layout, asked.number))).toBe(true);
          } else {
            expect(read).toThrow(expect.objectContaining({ code: 'frames.stale', status: 409 }));
          }
        }
      }),
      { numRuns: 30 },
    );
    writer.close();
  });

  it('is stale while it is written, and never again what it was', async () => {
    const { lease, writer } = await writerOf();
    const sequence = write(writer, 1, 5);
    writer.begin(1);
    const into = Buffer.alloc(slotBytes);
    expect(() => readFrame({ ring: lease.ring, slot: 1, sequence, layout }, into)).toThrow(/overwritten before/);
    const next = writer.publish(1);
    expect(next).toBeGreaterThan(sequence);
    writer.close();
  });

  it('has all its bytes from the beginning, with a name that nobody guesses, for its owner alone', async () => {
    const { lease, writer } = await writerOf(5);
    const { size, blocks, mode } = statSync(lease.ring.path);
    expect(size).toBe(ringBytes({ slots: 5, slotBytes }));
    expect(blocks * 512).toBeGreaterThanOrEqual(size);
    expect(mode & 0o777).toBe(0o600);
    expect(statSync(folder.path).mode & 0o777).toBe(0o700);
    expect(lease.ring.ring).toMatch(/^[0-9a-f]{32}$/);
    writer.close();
  });

  it('goes when its lease ends: what named it is stale, and its bytes are free', async () => {
    const { lease, writer } = await writerOf();
    const sequence = write(writer, 0, 1);
    const reference = { ...layout, ring: lease.ring.ring, slot: 0, sequence, takenAt: NOW };
    const placed = store.find(reference);
    expect(store.bytes).toBe(ringBytes(lease.ring));

    lease.end();
    lease.end();

    expect(store.bytes).toBe(0);
    expect(readdirSync(folder.path)).toEqual(['owner']);
    expect(() => store.find(reference)).toThrow(expect.objectContaining({ code: 'frames.stale' }));
    expect(() => readFrame(placed, Buffer.alloc(slotBytes))).toThrow(expect.objectContaining({ code: 'frames.stale' }));
    // The writer may be in the middle of a frame: it must not meet a SIGBUS.
    write(writer, 0, 2);
    writer.close();
  });

  it('takes no more slots than fit its budget, and refuses if not even three do', async () => {
    budget = ringBytes({ slots: 5, slotBytes });
    const lease = await store.lease({ slotBytes, slots: 9 });
    expect(lease.ring.slots).toBe(5);
    const refused = store.lease({ slotBytes, slots: 3 });
    await expect(refused).rejects.toMatchObject({
      code: 'frames.memory-full',
      message: expect.stringContaining('0.0 MB are left of FrameMemoryMB') as string,
    });
    lease.end();
    await expect(store.lease({ slotBytes, slots: 1 })).resolves.toMatchObject({ ring: { slots: 3 } });
  });

  it('refuses references that do not fit its record, whatever they say', async () => {
    const { lease, writer } = await writerOf();
    const { ring } = lease.ring;
    const good = { ...layout, ring, slot: 0, sequence: 1, takenAt: NOW };
    expect(store.find(good)).toMatchObject({ slot: 0, ring: lease.ring });
    for (const bad of [
      { ...good, slot: 4 },
      { ...good, ...layoutOf(33, 18) },
      { ...good, strides: [33, 17] },
      { ...good, strides: [32, 17, 17] },
      { ...good, strides: [4096, 17, 17] },
    ]) {
      expect(() => store.find(bad)).toThrow(expect.objectContaining({ code: 'frames.reference-invalid' }));
    }
    writer.close();
  });
});

describe.runIf(process.platform === 'linux')('makeRingFolder', () => {
  beforeEach(() => void (parent = mkdtempSync(join(SHARED_MEMORY, 'edgeml-test-'))));
  afterEach(() => rmSync(parent, { recursive: true, force: true }));

  it('removes what dead owners left, and nothing else', () => {
    const dead = join(parent, 'edgeml-frames-dead01');
    const young = join(parent, 'edgeml-frames-young1');
    const old = join(parent, 'edgeml-frames-old001');
    for (const path of [dead, young, old, join(parent, 'others')]) mkdirSync(path);
    writeFileSync(join(dead, 'owner'), '');
    writeFileSync(join(dead, 'ring'), Buffer.alloc(4096));
    const now = Date.now();
    utimesSync(old, (now - 120_000) / 1000, (now - 120_000) / 1000);
    const alive = makeRingFolder(parent, now);

    const mine = makeRingFolder(parent, now);

    const names = readdirSync(parent).map((name) => join(parent, name));
    expect(names.sort()).toEqual([alive.path, mine.path, young, join(parent, 'others')].sort());
    alive.remove();
    mine.remove();
    mine.remove();
    expect(readdirSync(parent).sort()).toEqual(['edgeml-frames-young1', 'others']);
  });

  it('says why if there is no tmpfs', () => {
    expect(() => makeRingFolder('/proc', NOW)).toThrow(
      expect.objectContaining({ code: 'frames.unavailable', message: expect.stringContaining('/proc') as string }),
    );
  });

  it('locks for as long as the owner lives', () => {
    const file = join(parent, 'file');
    const [one, other] = [openSync(file, 'w'), openSync(file, 'w')];
    expect(lockFile(one)).toBe(true);
    expect(lockFile(other)).toBe(false);
    closeSync(one);
    expect(lockFile(other)).toBe(true);
    closeSync(other);
  });
});
