import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appErrors } from '../errors.ts';
import { BoundedFolder } from './bounded-folder.ts';

const full = (message: string): Error => appErrors.error('annotation.disk-full', message);

describe('BoundedFolder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'edgeml-store-')), 'annotated');
  });
  afterEach(() => rm(join(folder, '..'), { recursive: true }));

  const open = (maxBytes: number, minFreeBytes = 0) =>
    new BoundedFolder(folder, () => ({ maxBytes, minFreeBytes }), full);
  const listed = async (): Promise<string[]> => (await readdir(folder)).sort();

  it('keeps within its cap: the oldest go first', async () => {
    const store = open(100);
    for (const name of ['a', 'b', 'c', 'd']) await store.save(name, Buffer.alloc(30));

    expect(await listed()).toEqual(['b', 'c', 'd']);
    expect(store.bytes).toBe(90);
  });

  it('replaces an image of the same name without losing others for it', async () => {
    const store = open(100);
    for (const name of ['a', 'b', 'c', 'a']) await store.save(name, Buffer.alloc(33));

    expect(await listed()).toEqual(['a', 'b', 'c']);
    await store.save('d', Buffer.alloc(33));
    expect(await listed()).toEqual(['a', 'c', 'd']);
  });

  it('goes on after a restart with what is there, by age, and clears half-written files away', async () => {
    await mkdir(folder);
    for (const [name, minute] of [
      ['new', 2],
      ['old', 1],
    ] as const) {
      await writeFile(join(folder, name), Buffer.alloc(40));
      await utimes(join(folder, name), new Date(), new Date(2026, 0, 1, 0, minute));
    }
    await writeFile(join(folder, '.tmp-x'), 'half');

    await open(100).save('next', Buffer.alloc(40));

    expect(await listed()).toEqual(['new', 'next']);
  });

  it('saves one at a time, however many come at once', async () => {
    const store = open(100);

    await Promise.all(Array.from({ length: 20 }, (_, n) => store.save(`image-${n}`, Buffer.alloc(20))));

    expect(await listed()).toEqual(['image-15', 'image-16', 'image-17', 'image-18', 'image-19']);
    expect((await stat(join(folder, 'image-19'))).size).toBe(20);
  });

  it('keeps no more files than it may', async () => {
    const store = new BoundedFolder(folder, () => ({ maxBytes: 1_000, maxFiles: 2, minFreeBytes: 0 }), full);
    for (const name of ['a', 'b', 'b', 'c']) await store.save(name, Buffer.alloc(3));

    expect(await listed()).toEqual(['b', 'c']);
  });

  it('refuses what is larger than all of its room, and goes on', async () => {
    const store = open(100);
    await store.save('a', Buffer.alloc(50));

    await expect(store.save('b', Buffer.alloc(101))).rejects.toMatchObject({ code: 'annotation.disk-full' });
    await store.save('c', Buffer.alloc(50));

    expect(await listed()).toEqual(['a', 'c']);
  });

  it('writes nothing when the disk would get too full', async () => {
    await expect(open(1_000, 1e18).save('a', Buffer.alloc(10))).rejects.toMatchObject({
      code: 'annotation.disk-full',
    });
    expect(await listed()).toEqual([]);
  });
});
