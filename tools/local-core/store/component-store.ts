import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '#packages/foundation';
import { writeCoreFile } from '../files/json-file.ts';
import type { CorePaths } from '../paths.ts';
import { readRecipe } from '../../recipe/read-recipe.ts';
import type { ReadOptions } from '../../recipe/read-recipe.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import { coreErrors } from '../errors.ts';

/** A recipe and the file that it was read from. */
export interface StoredRecipe {
  readonly recipe: Recipe;
  readonly file: string;
}

/** Names one version of a component. */
export interface ComponentId {
  readonly name: string;
  readonly version: string;
}

/** `packages/` of the core: recipes, artifacts and unpacked artifacts of the versions that are or were just deployed. */
export class ComponentStore {
  readonly #paths: CorePaths;
  readonly #readOptions: ReadOptions;

  constructor(paths: CorePaths, readOptions: ReadOptions = {}) {
    this.#paths = paths;
    this.#readOptions = readOptions;
  }

  async prepare(): Promise<void> {
    for (const folder of [this.#paths.recipes, this.#paths.artifacts, this.#paths.unarchived]) {
      await mkdir(folder, { recursive: true });
    }
  }

  recipes(): Promise<readonly StoredRecipe[]> {
    return this.readFolder(this.#paths.recipes);
  }

  /**
   * Every recipe (.yaml, .yml, .json) directly in a folder.
   *
   * @throws packages.folder-unreadable, recipe.invalid
   */
  async readFolder(folder: string): Promise<readonly StoredRecipe[]> {
    const names = await readdir(folder).catch((cause: unknown) => {
      const message = `the recipe folder ${folder} cannot be read: ${messageOf(cause)}`;
      throw coreErrors.error('packages.folder-unreadable', message, { cause, facts: { folder } });
    });
    const files = names.filter((name) => RECIPE_FILE.test(name)).sort();
    return Promise.all(
      files.map(async (name) => {
        const file = path.join(folder, name);
        return { file, recipe: await readRecipe(file, this.#readOptions) };
      }),
    );
  }

  /** Takes a recipe into the store under `<Name>-<Version>` with its own extension; a differing one is replaced. */
  async saveRecipe({ recipe, file }: StoredRecipe): Promise<void> {
    const stem = `${recipe.name}-${recipe.version}`;
    const target = path.join(this.#paths.recipes, stem + path.extname(file).toLowerCase());
    if (path.resolve(file) === target) return;
    const content = await readFile(file, 'utf8');
    for (const extension of ['.yaml', '.yml', '.json']) {
      const other = path.join(this.#paths.recipes, stem + extension);
      if (other !== target) await rm(other, { force: true });
    }
    await writeCoreFile(target, content);
  }

  artifactFolder({ name, version }: ComponentId): string {
    return path.join(this.#paths.artifacts, name, version);
  }

  unpackedFolder({ name, version }: ComponentId): string {
    return path.join(this.#paths.unarchived, name, version);
  }

  /** Removes recipes and artifacts of every version that `keep` does not name; returns what was removed. */
  async clean(keep: readonly ComponentId[]): Promise<readonly ComponentId[]> {
    const kept = new Set(keep.map(idText));
    const removed = new Map<string, ComponentId>();
    for (const { recipe, file } of await this.recipes()) {
      if (kept.has(idText(recipe))) continue;
      await rm(file, { force: true });
      removed.set(idText(recipe), { name: recipe.name, version: recipe.version });
    }
    for (const folder of [this.#paths.artifacts, this.#paths.unarchived]) {
      for (const id of await versionsBelow(folder)) {
        if (kept.has(idText(id))) continue;
        await rm(path.join(folder, id.name, id.version), { recursive: true, force: true });
        removed.set(idText(id), id);
      }
    }
    return [...removed.values()];
  }
}

const RECIPE_FILE = /\.(ya?ml|json)$/i;

function idText({ name, version }: ComponentId): string {
  return `${name}@${version}`;
}

async function versionsBelow(folder: string): Promise<ComponentId[]> {
  const names = await readdir(folder).catch(() => []);
  const versions = await Promise.all(
    names.map(async (name) => {
      const below = await readdir(path.join(folder, name)).catch(() => []);
      return below.map((version) => ({ name, version }));
    }),
  );
  return versions.flat();
}
