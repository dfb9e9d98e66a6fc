import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { JsonFile } from './json-file.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-json-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('JsonFile', () => {
  it('writes the latest content, however often it changes', async () => {
    let value = 0;
    let asked = 0;
    const file = path.join(folder, 'a', 'x.json');
    const json = new JsonFile(file, () => {
      asked++;
      return { value };
    });

    for (value = 1; value <= 50; value++) json.schedule();
    await json.flush();

    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ value: 51 });
    expect(asked).toBeLessThan(5);
    expect(await readdir(path.dirname(file))).toEqual(['x.json']);
  });

  it('tells of a failure at the flush, and writes again when it can', async () => {
    const blocked = path.join(folder, 'blocked');
    await writeFile(blocked, 'a file where a folder should be');
    const json = new JsonFile(path.join(blocked, 'x.json'), () => 1);
    json.schedule();

    await expect(json.flush()).rejects.toThrow(/ENOTDIR|EEXIST/);
    await rm(blocked);
    await json.flush();

    expect(await JsonFile.read(path.join(blocked, 'x.json'))).toBe(1);
  });

  it('reads nothing if there is no file', async () => {
    expect(await JsonFile.read(path.join(folder, 'none.json'))).toBeUndefined();
  });
});
