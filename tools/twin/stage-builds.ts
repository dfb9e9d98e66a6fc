import { copyFile, link, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import semver from 'semver';
import { parseRecipeFile } from '../recipe/read-recipe.ts';
import { twinErrors } from './errors.ts';

export interface StagedBuilds {
  readonly recipes: string;
  readonly artifacts: string;
  /** Newest version of each component of the first folder. */
  readonly newest: ReadonlyMap<string, string>;
  /** Newest version in all folders; undefined if none has the component. */
  newestOf(component: string): string | undefined;
}

/**
 * Puts several build folders (gdk's layout, as published) together as one; of a component version that is in two
 * folders the first counts.
 * @throws EdgeError `twin.no-build`
 */
export async function stageBuilds(target: string, folders: readonly string[]): Promise<StagedBuilds> {
  const [recipes, artifacts] = [path.join(target, 'recipes'), path.join(target, 'artifacts')];
  await Promise.all([mkdir(recipes, { recursive: true }), mkdir(artifacts, { recursive: true })]);
  const newest = new Map<string, string>();
  const known = new Set<string>();
  const components = new Map<string, string>();
  for (const [index, folder] of folders.entries()) {
    for (const file of await recipeFiles(folder)) {
      const { recipe } = await parseRecipeFile(file);
      if (!recipe || known.has(`${recipe.name} ${recipe.version}`)) continue;
      known.add(`${recipe.name} ${recipe.version}`);
      keepNewest(components, recipe);
      await copyFile(file, path.join(recipes, path.basename(file)));
      await linkTree(
        path.join(folder, 'artifacts', recipe.name, recipe.version),
        path.join(artifacts, recipe.name, recipe.version),
      );
      if (index === 0) keepNewest(newest, recipe);
    }
  }
  return { recipes, artifacts, newest, newestOf: (component) => components.get(component) };
}

function keepNewest(
  versions: Map<string, string>,
  { name, version }: { readonly name: string; readonly version: string },
): void {
  const before = versions.get(name);
  if (before === undefined || semver.gt(version, before)) versions.set(name, version);
}

async function recipeFiles(folder: string): Promise<readonly string[]> {
  const at = path.join(folder, 'recipes');
  const names = await readdir(at).catch((cause: unknown) => {
    throw twinErrors.error('twin.no-build', `there is no build in ${folder}`, { cause, facts: { folder } });
  });
  // `<Name>-<Version>`; gdk leaves a file without version beside it.
  return names.filter((name) => /-\d[^/]*\.(ya?ml|json)$/.test(name)).map((name) => path.join(at, name));
}

/** Hard links, since the core copies plain files only; copies where the staging folder lies on another disk. */
async function linkTree(source: string, target: string): Promise<void> {
  const entries = await readdir(source, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const [from, to] = [path.join(source, entry.name), path.join(target, entry.name)];
    if (entry.isDirectory()) await linkTree(from, to);
    if (!entry.isFile()) continue;
    await mkdir(target, { recursive: true });
    await link(from, to).catch(() => copyFile(from, to));
  }
}
