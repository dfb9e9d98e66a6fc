import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeZip } from '../../../testing/local-core/zip-of.ts';
import { unzip } from './unzip.ts';

let folder: string;
let archive: string;
let target: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-unzip-'));
  archive = path.join(folder, 'a.zip');
  target = path.join(folder, 'out', 'a');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function read(name: string): Promise<string> {
  return readFile(path.join(target, name), 'utf8');
}

describe('unzip', () => {
  it('unpacks files and folders', async () => {
    await writeZip(archive, [
      { name: 'empty/', content: '' },
      { name: 'bin/app', content: 'app' },
      { name: 'readme', content: '' },
    ]);

    expect(await unzip(archive, target)).toBe(2);
    expect(await read('bin/app')).toBe('app');
    expect(await read('readme')).toBe('');
    expect((await stat(path.join(target, 'empty'))).isDirectory()).toBe(true);
  });

  it('restores no executable bits', async () => {
    await writeZip(archive, [{ name: 'app', content: 'x', mode: 0o100755 }]);

    await unzip(archive, target);

    expect((await stat(path.join(target, 'app'))).mode & 0o111).toBe(0);
  });

  it('makes a small text file of a symbolic link', async () => {
    await writeZip(archive, [
      { name: 'node-22', content: 'x' },
      { name: 'node', content: 'node-22', mode: 0o120777 },
    ]);

    await unzip(archive, target);

    expect((await stat(path.join(target, 'node'))).isFile()).toBe(true);
    expect(await read('node')).toBe('node-22');
  });

  it('writes an entry again only if the file is missing or of another size', async () => {
    await writeZip(archive, [
      { name: 'same-size', content: 'NEW' },
      { name: 'other-size', content: 'NEW!' },
      { name: 'missing', content: 'NEW' },
    ]);
    await mkdir(target, { recursive: true });
    await writeFile(path.join(target, 'same-size'), 'old', { mode: 0o400 });
    await writeFile(path.join(target, 'other-size'), 'old', { mode: 0o400 });
    await writeFile(path.join(target, 'extra'), 'kept');

    expect(await unzip(archive, target)).toBe(2);
    expect(await Promise.all(['same-size', 'other-size', 'missing', 'extra'].map(read))).toEqual([
      'old',
      'NEW!',
      'NEW',
      'kept',
    ]);
  });

  it.each(['../evil.txt', '/tmp/evil.txt', 'x/../../evil'])(
    'refuses an entry called %s and leaves nothing behind',
    async (name) => {
      const placeholder = 'z'.repeat(name.length);
      await writeZip(archive, [
        { name: 'good', content: 'x' },
        { name: placeholder, content: 'evil' },
      ]);
      const bytes = await readFile(archive, 'latin1');
      await writeFile(archive, bytes.replaceAll(placeholder, name), 'latin1');

      await expect(unzip(archive, target)).rejects.toMatchObject({ code: 'packages.archive-invalid' });
      expect(await readdir(path.dirname(target))).toEqual([]);
    },
  );

  it('refuses what is not an archive, and one that is cut off', async () => {
    await writeFile(archive, 'not a zip');
    await expect(unzip(archive, target)).rejects.toThrow(/a\.zip cannot be unpacked/);

    await writeZip(archive, [{ name: 'a', content: 'x'.repeat(5000) }]);
    const bytes = await readFile(archive);
    await writeFile(archive, bytes.subarray(0, bytes.length - 10));
    await expect(unzip(archive, target)).rejects.toMatchObject({ code: 'packages.archive-invalid' });
  });
});
