import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { corePaths } from '../paths.ts';
import type { CorePaths } from '../paths.ts';
import { ComponentStore } from './component-store.ts';

let folder: string;
let paths: CorePaths;
let store: ComponentStore;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edgeml-store-'));
  paths = corePaths(path.join(folder, 'root'));
  store = new ComponentStore(paths);
  await store.prepare();
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function recipe(name: string, version: string): string {
  return JSON.stringify({
    RecipeFormatVersion: '2020-01-25',
    ComponentName: name,
    ComponentVersion: version,
    Manifests: [{}],
  });
}

async function save(name: string, version: string, extension = '.json'): Promise<void> {
  const file = path.join(folder, `${name}${extension}`);
  await writeFile(file, recipe(name, version));
  const found = (await store.readFolder(folder)).find((one) => one.file === file);
  if (found) await store.saveRecipe(found);
  await rm(file);
}

describe('ComponentStore', () => {
  it('keeps recipes under name and version, whatever the file was called', async () => {
    await save('a.A', '1.0.0');
    await save('a.A', '1.1.0', '.yaml');

    expect(await readdir(paths.recipes)).toEqual(['a.A-1.0.0.json', 'a.A-1.1.0.yaml']);
    expect((await store.recipes()).map(({ recipe: { version } }) => version)).toEqual(['1.0.0', '1.1.0']);
  });

  it('holds one file per version', async () => {
    await save('a.A', '1.0.0', '.json');
    await save('a.A', '1.0.0', '.yaml');

    expect(await readdir(paths.recipes)).toEqual(['a.A-1.0.0.yaml']);
  });

  it('names the file of a broken recipe and the folder that it cannot read', async () => {
    await writeFile(path.join(folder, 'bad.yaml'), 'ComponentName: [');

    await expect(store.readFolder(folder)).rejects.toThrow(/bad\.yaml/);
    await expect(store.readFolder(path.join(folder, 'none'))).rejects.toThrow(/recipe folder .*none cannot be read/);
  });

  it('cleans what is not kept: recipes, artifacts, unpacked artifacts', async () => {
    for (const version of ['1.0.0', '1.1.0']) {
      await save('a.A', version);
      await mkdir(path.join(store.artifactFolder({ name: 'a.A', version }), 'x'), { recursive: true });
      await mkdir(path.join(store.unpackedFolder({ name: 'a.A', version }), 'x'), { recursive: true });
    }
    await mkdir(store.artifactFolder({ name: 'b.B', version: '3.0.0' }), { recursive: true });

    const removed = await store.clean([{ name: 'a.A', version: '1.1.0' }]);

    expect(removed).toEqual([
      { name: 'a.A', version: '1.0.0' },
      { name: 'b.B', version: '3.0.0' },
    ]);
    expect(await readdir(paths.recipes)).toEqual(['a.A-1.1.0.json']);
    expect(await readdir(path.join(paths.artifacts, 'a.A'))).toEqual(['1.1.0']);
    expect(await readdir(path.join(paths.unarchived, 'a.A'))).toEqual(['1.1.0']);
  });
});
