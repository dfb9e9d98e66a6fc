import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArtifactStore, place } from './artifact-store.ts';
import { fingerprint } from './fingerprint.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'store-'));
});

afterEach(() => rm(folder, { recursive: true }));

describe('ArtifactStore', () => {
  it('makes an artifact once for the same inputs and again for others, keeping the newest only', async () => {
    const store = new ArtifactStore(folder);
    let made = 0;
    const make = (file: string) => writeFile(file, `build ${++made}`);

    const first = await store.get('app.zip', 'a'.repeat(64), make);
    const again = await store.get('app.zip', 'a'.repeat(64), make);
    const changed = await store.get('app.zip', 'b'.repeat(64), make);

    expect([first.built, again.built, changed.built]).toEqual([true, false, true]);
    expect(again.file).toBe(first.file);
    expect(await readFile(changed.file, 'utf8')).toBe('build 2');
    expect(await readdir(path.join(folder, 'app.zip'))).toEqual([path.basename(changed.file)]);
  });

  it('keeps what another process made meanwhile', async () => {
    const store = new ArtifactStore(folder);
    const { file } = await store.get('app.zip', 'a'.repeat(64), async (fresh) => {
      await new ArtifactStore(folder).get('app.zip', 'a'.repeat(64), (other) => writeFile(other, 'the first'));
      await writeFile(fresh, 'the second');
    });
    expect(await readFile(file, 'utf8')).toBe('the first');
    expect(await readdir(path.dirname(file))).toEqual([path.basename(file)]);
  });

  it('keeps nothing of a build that fails', async () => {
    const store = new ArtifactStore(folder);
    await expect(store.get('app.zip', 'a'.repeat(64), () => Promise.reject(new Error('no disk')))).rejects.toThrow(
      'no disk',
    );
    await expect(store.get('app.zip', 'a'.repeat(64), (file) => writeFile(file, ''))).resolves.toMatchObject({
      built: true,
    });
  });
});

describe('place', () => {
  it('copies what is missing or different and leaves the rest alone', async () => {
    const [source, target] = [path.join(folder, 'a'), path.join(folder, 'deep/b')];
    await writeFile(source, 'one');
    await place(source, target);
    const { ino } = await stat(target);
    await place(source, target);
    expect((await stat(target)).ino).toBe(ino);

    await writeFile(target, 'spoilt');
    await place(source, target);
    expect(await readFile(target, 'utf8')).toBe('one');
  });
});

describe('fingerprint', () => {
  it('changes with content, names and texts, and with nothing else', async () => {
    await writeFile(path.join(folder, 'a.ts'), 'a');
    const parts = [{ path: folder, only: /\.ts$/ }, { text: '1.0' }];
    const before = await fingerprint(parts);

    await writeFile(path.join(folder, 'notes.txt'), 'not asked for');
    expect(await fingerprint(parts)).toBe(before);
    await writeFile(path.join(folder, 'a.ts'), 'b');
    const content = await fingerprint(parts);
    await writeFile(path.join(folder, 'c.ts'), '');
    const names = await fingerprint(parts);
    const texts = await fingerprint([{ path: folder, only: /\.ts$/ }, { text: '1.1' }]);

    expect(new Set([before, content, names, texts]).size).toBe(4);
  });

  it('takes a missing folder for an empty one', async () => {
    await expect(fingerprint([{ path: path.join(folder, 'none') }])).resolves.toMatch(/^[0-9a-f]{64}$/);
  });
});
