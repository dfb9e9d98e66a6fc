import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openPromise } from 'yauzl';
import type { Entry } from 'yauzl';
import { writeZip } from './write-zip.ts';

describe('writeZip', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'zip-'));
    await writeFile(path.join(folder, 'node'), 'binary');
  });

  afterEach(async () => {
    process.env['TZ'] = originalZone;
    await rm(folder, { recursive: true });
  });

  const entries = () => [
    { path: 'lib/b.js', content: Buffer.from('b') },
    { path: 'bin/node', content: { file: path.join(folder, 'node') }, executable: true },
  ];

  it('gives the same bytes for the same entries, in any order, at any time, in any time zone', async () => {
    process.env['TZ'] = 'Asia/Tokyo';
    await writeZip(path.join(folder, 'one.zip'), entries());
    await utimes(path.join(folder, 'node'), 1, 1);
    process.env['TZ'] = 'America/Lima';
    await writeZip(path.join(folder, 'two.zip'), entries().reverse());

    const [one, two] = await Promise.all(['one.zip', 'two.zip'].map((name) => readFile(path.join(folder, name))));
    expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true);
  });

  it('holds files only, with their modes', async () => {
    const file = path.join(folder, 'a.zip');
    const bytes = await writeZip(file, entries());

    expect(bytes).toBe((await readFile(file)).length);
    expect(await modes(file)).toEqual({ 'bin/node': '755', 'lib/b.js': '644' });
  });

  it('leaves nothing behind when an input is missing', async () => {
    const missing = [{ path: 'a', content: { file: path.join(folder, 'no-such-file') } }];

    await expect(writeZip(path.join(folder, 'a.zip'), missing)).rejects.toThrow(/no-such-file/);
    expect(await readdir(folder)).toEqual(['node']);
  });
});

const originalZone = process.env['TZ'];

async function modes(file: string): Promise<Readonly<Record<string, string>>> {
  const zip = await openPromise(file);
  const found: Record<string, string> = {};
  for await (const entry of zip.eachEntry() as AsyncIterable<Entry>)
    found[entry.fileName] = ((entry.externalFileAttributes >>> 16) & 0o777).toString(8);
  return found;
}
