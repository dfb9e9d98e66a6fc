import { chmod, cp, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../../../testing/agent/package-folder.ts';
import type { Learned } from './cache-record.ts';
import { ModelCaches } from './model-caches.ts';
import type { PackageCache } from './package-cache.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

const hash = (digit: string) => digit.repeat(64);
const PACKAGE = hash('a');
const HASHES = { 'model.onnx': hash('1') };
const cacheFolder = () => join(folder.path, 'cache');
const own = (packageHash = PACKAGE) => join(cacheFolder(), packageHash.slice(0, 32));
const open = () => ModelCaches.open(cacheFolder());
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

/** The report of a first process that has made an optimized model in its folder. */
async function makeIn(cache: PackageCache, changes: Partial<NonNullable<Learned['optimized']>> = {}): Promise<Learned> {
  const file = '0b4a8a1e-5d4b-4c8e-9a53-0d7f3f0a9c11.onnx';
  await writeFile(join(cache.forFirst.scratch!, file), 'optimized', { mode: 0o644 });
  return {
    choice: { key: hash('c'), file: 'model.onnx', provider: 'cpu', intraOpThreads: 1, reducedDecode: false },
    optimized: { modelHash: hash('1'), runtime: 'r', cpu: 'p', file, bytes: 9, sha256: hash('e'), ...changes },
  };
}

/** A cache that holds what one opening has learned. */
async function filled(): Promise<Learned> {
  const cache = await (await open()).of(PACKAGE);
  const learned = await makeIn(cache);
  await cache.keep(learned, HASHES);
  await cache.end();
  return learned;
}

const known = async (packageHash = PACKAGE) => (await (await open()).of(packageHash)).forOthers.known;

describe('the cache of a package', () => {
  it('remembers what the first process has learned, over restarts', async () => {
    const learned = await filled();
    expect(await known()).toEqual(learned);
    expect(await readFile(join(own(), learned.optimized!.file), 'utf8')).toBe('optimized');
  });

  it("can be read by the agent's user alone", async () => {
    const { optimized } = await filled();
    expect(await modeOf(cacheFolder())).toBe('700');
    expect(await modeOf(own())).toBe('700');
    for (const file of [optimized!.file, 'record.json']) expect(await modeOf(join(own(), file))).toBe('600');
    expect(await modeOf(join(cacheFolder(), 'key'))).toBe('600');
  });

  it('gives a folder to write to only to the first process of each instance, and only while it opens', async () => {
    const caches = await open();
    const [one, other] = [await caches.of(PACKAGE), await caches.of(PACKAGE)];
    expect(one.forFirst.scratch).not.toBe(other.forFirst.scratch);
    expect(one.forOthers.scratch).toBeUndefined();
    await one.end();
    await expect(stat(one.forFirst.scratch!)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await modeOf(other.forFirst.scratch!)).toBe('700');
    await open();
    await expect(stat(other.forFirst.scratch!)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('believes no record that was changed, or that nobody sealed', async () => {
    await filled();
    const file = join(own(), 'record.json');
    const text = await readFile(file, 'utf8');
    const { seal: _seal, ...unsealed } = JSON.parse(text) as { seal: string };
    const forged = [text.replace(hash('e'), hash('f')), text.replace('"reducedDecode":false', '"reducedDecode":true')];
    for (const planted of [...forged, JSON.stringify(unsealed), '{', '']) {
      expect(planted).not.toBe(text);
      await writeFile(file, planted);
      expect(await known()).toBeUndefined();
    }
    await writeFile(file, text);
    expect(await known()).toBeDefined();
  });

  it('believes no record of another package or of another version', async () => {
    await filled();
    await cp(own(), own(hash('b')), { recursive: true });
    const file = join(own(hash('b')), 'record.json');
    expect(await known(hash('b'))).toBeUndefined();
    await writeFile(file, (await readFile(file, 'utf8')).replace(PACKAGE, hash('b')));
    expect(await known(hash('b'))).toBeUndefined();
  });

  it('takes no optimized model that is not of the package, and none that is not a file', async () => {
    const cache = await (await open()).of(PACKAGE);
    const foreign = await makeIn(cache, { modelHash: hash('2') });
    await cache.keep(foreign, HASHES);
    expect(await known()).toEqual({ choice: foreign.choice });
    const link = 'ffffffff-ffff-4fff-8fff-ffffffffffff.onnx';
    await writeFile(join(folder.path, 'secret'), 'elsewhere');
    const again = await (await open()).of(PACKAGE);
    await symlink(join(folder.path, 'secret'), join(again.forFirst.scratch!, link));
    await again.keep(await makeIn(again, { file: link, bytes: 9 }), HASHES);
    expect((await known())?.optimized).toBeUndefined();
    expect(await readdir(own())).toEqual(['record.json']);
  });

  it('keeps one optimized model, the last', async () => {
    const first = await filled();
    const cache = await (await open()).of(PACKAGE);
    const learned = await makeIn(cache);
    const file = '11111111-1111-4111-8111-111111111111.onnx';
    await writeFile(join(cache.forFirst.scratch!, file), 'optimized');
    await cache.keep({ ...learned, optimized: { ...learned.optimized!, file } }, HASHES);
    expect((await readdir(own())).sort()).toEqual([file, 'record.json']);
    expect(file).not.toBe(first.optimized!.file);
  });

  it('is forgotten with its key, and a key that others can read is replaced', async () => {
    await filled();
    const key = join(cacheFolder(), 'key');
    const before = await readFile(key);
    await chmod(key, 0o640);
    expect(await known()).toBeUndefined();
    expect(await modeOf(key)).toBe('600');
    expect(await readFile(key)).not.toEqual(before);
  });

  it('goes when it was used longest ago', async () => {
    for (let index = 0; index < 20; index++) {
      const path = join(cacheFolder(), index.toString(16).padStart(32, '0'));
      await mkdir(path, { recursive: true });
      await utimes(path, 1_000 + index, 1_000 + index);
    }
    await (await open()).of(hash('c'));
    const left = (await readdir(cacheFolder())).filter((name) => name.length === 32);
    expect(left).toHaveLength(16);
    expect(left).toContain(hash('c').slice(0, 32));
    expect(left).not.toContain('0'.repeat(32));
  });
});
