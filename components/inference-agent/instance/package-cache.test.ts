import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { packageCache } from './package-cache.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const hash = (digit: string) => digit.repeat(64);

describe('packageCache', () => {
  it('gives each package a folder of its own that only its owner reads', async () => {
    const [one, other] = await Promise.all([
      packageCache(folder.path, hash('a')),
      packageCache(folder.path, hash('b')),
    ]);
    expect(one).not.toBe(other);
    expect(((await stat(one)).mode & 0o777).toString(8)).toBe('700');
    await writeFile(join(one, 'model'), 'optimized');
    expect(await packageCache(folder.path, hash('a'))).toBe(one);
    expect(await readdir(one)).toEqual(['model']);
  });

  it('forgets what was used longest ago', async () => {
    for (let index = 0; index < 20; index++) {
      const path = join(folder.path, `old-${index}`);
      await mkdir(path);
      await utimes(path, 1_000 + index, 1_000 + index);
    }
    await packageCache(folder.path, hash('c'));
    const left = await readdir(folder.path);
    expect(left).toHaveLength(16);
    expect(left).toContain(hash('c').slice(0, 32));
    expect(left).not.toContain('old-0');
  });
});
