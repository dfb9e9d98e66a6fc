import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { isPartial, replaceAtomically, writeAtomically } from './write-atomically.ts';
import type { Fsync } from './write-atomically.ts';
import { writeNewFile } from './write-new-file.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-files-'));
  file = path.join(folder, 'state.json');
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

async function handles(): Promise<FileHandle> {
  const handle = await open(folder, 'r');
  await handle.close();
  return Object.getPrototypeOf(handle) as FileHandle;
}

describe('writeAtomically', () => {
  it('makes a file, then replaces it, and leaves nothing beside it', async () => {
    await writeAtomically(file, 'old');
    await writeAtomically(file, Buffer.from('new'), { mode: 0o600 });

    expect(await readFile(file, 'utf8')).toBe('new');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['state.json']);
  });

  it('keeps the old content when the new cannot be put in its place', async () => {
    await expect(writeAtomically(folder, 'x')).rejects.toMatchObject({ code: 'EISDIR' });

    await writeAtomically(file, 'old');
    vi.spyOn(await handles(), 'sync').mockRejectedValue(Object.assign(new Error('bad disk'), { code: 'EIO' }));
    await expect(writeAtomically(file, 'new')).rejects.toMatchObject({ code: 'EIO' });

    expect(await readFile(file, 'utf8')).toBe('old');
    expect(await readdir(folder)).toEqual(['state.json']);
  });

  it.each<[Fsync, readonly string[]]>([
    ['none', []],
    ['file', ['before']],
    ['folder', ['before', 'after']],
  ])('with fsync %s syncs the new file before it takes the name, and the name after', async (fsync, wanted) => {
    await writeAtomically(file, 'old');
    const synced: string[] = [];
    vi.spyOn(await handles(), 'sync').mockImplementation(async () => {
      synced.push((await readFile(file, 'utf8')) === 'old' ? 'before' : 'after');
    });

    await writeAtomically(file, 'new', { fsync });

    expect(synced).toEqual(wanted);
  });

  it('lets several writers write one file at once', async () => {
    const texts = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));

    await Promise.all(texts.map((text) => writeAtomically(file, text, { fsync: 'none' })));

    expect(texts).toContain(await readFile(file, 'utf8'));
    expect(await readdir(folder)).toEqual(['state.json']);
  });
});

describe('replaceAtomically', () => {
  it('hides a file from its readers until it is whole', async () => {
    let seen: readonly string[] = [];
    const write = async (partial: string): Promise<void> => {
      await writeFile(partial, 'half');
      seen = await readdir(folder);
    };

    await replaceAtomically(file, write, { fsync: 'none' });

    expect(seen).toHaveLength(1);
    expect(seen.every(isPartial)).toBe(true);
    expect(await readdir(folder)).toEqual(['state.json']);
  });

  it('removes what a writer that fails has left, under the given name too', async () => {
    const partial = path.join(folder, '.tmp-state');
    const write = async (to: string): Promise<void> => {
      await writeFile(to, 'half');
      throw new Error('no more');
    };

    await expect(replaceAtomically(file, write, { partial })).rejects.toThrow('no more');

    expect(await readdir(folder)).toEqual([]);
  });
});

describe('writeNewFile', () => {
  it('writes pieces one after the other, and syncs them', async () => {
    const sync = vi.spyOn(await handles(), 'sync');

    await writeNewFile(file, [Buffer.from('a'), Buffer.from('bc')], 0o640);

    expect(await readFile(file, 'utf8')).toBe('abc');
    expect(sync).toHaveBeenCalledTimes(1);
  });

  it('leaves a file alone that is there, and nothing of one that it cannot finish', async () => {
    await writeFile(file, 'there');
    await expect(writeNewFile(file, [Buffer.from('x')], 0o640)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(file, 'utf8')).toBe('there');

    vi.spyOn(await handles(), 'sync').mockRejectedValue(Object.assign(new Error('bad disk'), { code: 'EIO' }));
    await expect(writeNewFile(`${file}.2`, [Buffer.from('x')], 0o640)).rejects.toMatchObject({ code: 'EIO' });
    expect(await readdir(folder)).toEqual(['state.json']);
  });
});
