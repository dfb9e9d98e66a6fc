import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { MemoryFolder } from '../../../testing/uploader/memory-folder.ts';
import { diskFolder } from './disk-folder.ts';
import type { SpoolFolder } from './spool-folder.ts';

const made: string[] = [];
afterAll(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));

async function onDisk(): Promise<SpoolFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), 'spool-folder-'));
  made.push(folder);
  return diskFolder(path.join(folder, 'new', 'spool'));
}

describe.each([
  ['memory', async () => new MemoryFolder()],
  ['disk', onDisk],
] as const)('SpoolFolder in %s', (_where, make: () => Promise<SpoolFolder>) => {
  const text = async (folder: SpoolFolder, name: string) => (await folder.read(name)).toString();

  it('writes files in pieces, lists, reads, renames and removes them', async () => {
    const folder = await make();
    await folder.write('a', [Buffer.from('one '), Buffer.from('two')]);
    await folder.sync();
    expect(await folder.list()).toEqual([{ name: 'a', bytes: 7 }]);
    await folder.rename('a', 'b');
    expect(await text(folder, 'b')).toBe('one two');
    await folder.remove('b');
    await folder.remove('b');
    expect(await folder.list()).toEqual([]);
  });

  it('renames over an existing file', async () => {
    const folder = await make();
    await folder.write('a', [Buffer.from('new')]);
    await folder.write('b', [Buffer.from('old')]);
    await folder.rename('a', 'b');
    expect(await text(folder, 'b')).toBe('new');
    expect(await folder.list()).toHaveLength(1);
  });

  it('does not write over a file', async () => {
    const folder = await make();
    await folder.write('a', [Buffer.from('first')]);
    await expect(folder.write('a', [Buffer.from('second')])).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await text(folder, 'a')).toBe('first');
  });

  it('says ENOENT for a file that is not there', async () => {
    const folder = await make();
    await expect(folder.read('a')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(folder.open('a')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('writes into an open file at any place, growing it, also under its next name', async () => {
    const folder = await make();
    await folder.write('a', [Buffer.from('0123456789')]);
    const file = await folder.open('a');
    await folder.rename('a', 'b');
    await file.write(8, Buffer.from('abcd'));
    await file.write(0, Buffer.from('X'));
    await file.sync();
    await file.close();
    expect(await text(folder, 'b')).toBe('X1234567abcd');
  });

  it('knows how much the disk has left', async () => {
    expect(await (await make()).freeBytes()).toBeGreaterThan(1_000_000);
  });
});

describe('MemoryFolder', () => {
  it('keeps what was synced over a loss of power, and may lose or tear the rest', async () => {
    const folder = new MemoryFolder();
    await folder.write('synced', [Buffer.alloc(20_000, 1)]);
    await folder.sync();
    const file = await folder.open('synced');
    await file.write(0, Buffer.alloc(20_000, 2));
    await folder.write('name not synced', [Buffer.from('x')]);

    let state = 7;
    const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const after = folder.afterPowerLoss(random);
        return { names: (await after.list()).length, data: new Set(await after.read('synced')) };
      }),
    );
    expect(new Set(outcomes.map(({ names }) => names))).toEqual(new Set([1, 2]));
    expect(new Set(outcomes.map(({ data }) => data.size))).toEqual(new Set([1, 2]));
    expect(await folder.afterKill().read('synced')).toEqual(Buffer.alloc(20_000, 2));
  });

  it('has ENOSPC when it is full', async () => {
    const folder = new MemoryFolder();
    folder.capacityBytes = 8_192;
    await folder.write('a', [Buffer.alloc(4_096)]);
    await expect(folder.write('b', [Buffer.alloc(4_097)])).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await folder.freeBytes()).toBe(4_096);
  });
});
