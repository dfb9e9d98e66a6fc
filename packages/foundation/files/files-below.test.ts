import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { filesBelow } from './files-below.ts';
import { hashFile } from './hash-file.ts';
import { exists, readTextIfAny } from './missing.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-files-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('filesBelow', () => {
  it('lists plain files at any depth, sorted by their whole path, without links', async () => {
    await mkdir(path.join(folder, 'b', 'c'), { recursive: true });
    await mkdir(path.join(folder, 'empty'));
    for (const name of ['b/c/3', 'b.txt', 'b/2', 'a']) await writeFile(path.join(folder, name), name);
    await symlink(path.join(folder, 'b'), path.join(folder, 'link'));
    await symlink(path.join(folder, 'a'), path.join(folder, 'b', 'link'));

    expect(await filesBelow(folder)).toEqual(['a', 'b.txt', 'b/2', 'b/c/3']);
  });

  it('finds none if there is no folder, and fails for a file', async () => {
    await writeFile(path.join(folder, 'a'), '');

    expect(await filesBelow(path.join(folder, 'none'))).toEqual([]);
    await expect(filesBelow(path.join(folder, 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});

describe('hashFile', () => {
  it('hashes a file of many pieces', async () => {
    const content = Buffer.alloc(3 * 1024 * 1024 + 7, 'pieces');
    const file = path.join(folder, 'large');
    await writeFile(file, content);

    expect(await hashFile(file)).toBe(createHash('sha256').update(content).digest('hex'));
    expect(await hashFile(file, { algorithm: 'sha512', encoding: 'base64' })).toBe(
      createHash('sha512').update(content).digest('base64'),
    );
  });

  it('stops when it is told to', async () => {
    const file = path.join(folder, 'large');
    await writeFile(file, 'x');

    await expect(hashFile(file, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('readTextIfAny', () => {
  it('tells a missing file from one that cannot be read', async () => {
    const file = path.join(folder, 'a');
    expect([await readTextIfAny(file), await exists(file)]).toEqual([undefined, false]);

    await writeFile(file, 'text');
    expect([await readTextIfAny(file), await exists(file)]).toEqual(['text', true]);
    await expect(readTextIfAny(folder)).rejects.toMatchObject({ code: 'EISDIR' });
  });
});
