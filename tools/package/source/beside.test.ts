import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { besideFiles } from './beside.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-beside-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (name: string): string => path.join(folder, name);
const put = (...names: readonly string[]) => Promise.all(names.map((name) => writeFile(at(name), name)));
const beside = (place = folder) =>
  besideFiles(
    place,
    () => Promise.reject(new Error('a folder asks nothing of S3')),
    at('download'),
    new AbortController().signal,
  );

describe('the files beside a model, in a folder', () => {
  it('are pictures in the order of their names, labels.txt and model.json', async () => {
    await put('b.JPG', 'a.png', 'labels.txt', 'model.json', 'notes.txt', 'old-labels.txt');
    await mkdir(at('more'));
    await put('more/c.png');
    expect(await beside()).toEqual({
      golden: [at('a.png'), at('b.JPG')],
      labels: at('labels.txt'),
      manifest: at('model.json'),
    });
  });

  it('may be none', async () => {
    expect(await beside()).toEqual({ golden: [] });
  });

  it('are 40 at most, and 200 MB', async () => {
    await put(...Array.from({ length: 40 }, (_, index) => `${index}.png`), 'notes.txt');
    expect((await beside()).golden).toHaveLength(40);
    await put('40.png');
    await expect(beside()).rejects.toMatchObject({
      code: 'packaging.beside',
      message: `${folder} holds more than 40 files; a few pictures are enough: 40 files and 200 MB at most`,
    });
    await rm(at('40.png'));
    // A sparse file.
    await truncate(at('0.png'), 201 * 2 ** 20);
    await expect(beside()).rejects.toMatchObject({
      code: 'packaging.beside',
      message: expect.stringContaining('holds 202 MB') as string,
    });
  });

  it('are not looked for in a folder that does not exist', async () => {
    await expect(beside(at('none'))).rejects.toMatchObject({
      code: 'packaging.beside',
      message: expect.stringContaining(at('none')) as string,
    });
  });
});
