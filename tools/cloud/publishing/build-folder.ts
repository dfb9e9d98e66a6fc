import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { readFile } from 'node:fs/promises';
import { readRecipe } from '../../recipe/read-recipe.ts';
import type { Recipe } from '../../recipe/recipe.ts';
import { isPlainObject } from '../../recipe/recipe.ts';
import { fileDigest } from '../digest.ts';
import type { Digest } from '../digest.ts';
import { contentDigest } from './content-digest.ts';
import { inParallel } from '../in-parallel.ts';
import { cloudErrors } from '../errors.ts';

/** A component version as it lies in a build folder (the layout of gdk and greengrass-cli). */
export interface BuiltComponent {
  readonly name: string;
  readonly version: string;
  /** The recipe as written, parsed; artifact URIs still hold placeholders. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly recipe: Recipe;
  readonly artifacts: readonly BuiltArtifact[];
}

export interface BuiltArtifact {
  readonly fileName: string;
  readonly file: string;
  readonly bytes: number;
  readonly digest: Digest;
  /** Of a signed model package: the same for the same files, even if the bytes of the signature differ. Hexadecimal SHA-256. */
  readonly contentDigest?: string;
}

const HASHED_AT_ONCE = 4;

/**
 * Reads a build folder: `recipes/<Name>-<Version>.yaml|json` and `artifacts/<Name>/<Version>/…`. Components come in the order
 * of their dependencies. `only` picks some.
 *
 * @throws EdgeError `publish.no-build`, `publish.unknown-component`, `publish.recipe`, `publish.missing-artifact`
 */
export async function readBuildFolder(folder: string, only?: readonly string[]): Promise<readonly BuiltComponent[]> {
  const names = await readdir(path.join(folder, 'recipes')).catch((cause: unknown) => {
    throw cloudErrors.error('publish.no-build', `there is no build in ${folder}`, { cause });
  });
  const files = names.filter((name) => /-\d[^/]*\.(ya?ml|json)$/.test(name)).sort();
  const read = await Promise.all(files.map((name) => readOne(path.join(folder, 'recipes', name))));
  const known = read.map(({ recipe }) => recipe.name);
  const unknown = only?.find((name) => !known.includes(name));
  if (unknown !== undefined || read.length === 0) {
    const code = unknown === undefined ? 'publish.no-build' : 'publish.unknown-component';
    throw cloudErrors.error(
      code,
      `${folder} holds no ${unknown ?? 'recipe'}; it holds ${known.join(', ') || 'nothing'}`,
    );
  }
  const wanted = read.filter(({ recipe }) => only === undefined || only.includes(recipe.name));
  return Promise.all(wanted.map((one) => withArtifacts(folder, one)));
}

async function readOne(file: string): Promise<Pick<BuiltComponent, 'recipe' | 'document'>> {
  const recipe = await readRecipe(file);
  const document: unknown = parse(await readFile(file, 'utf8'));
  if (!isPlainObject(document)) throw cloudErrors.error('publish.recipe', `${file} is not a recipe`);
  if (!path.basename(file).startsWith(`${recipe.name}-${recipe.version}.`)) {
    const message = `${file} holds ${recipe.name} ${recipe.version}; its name must say the same`;
    throw cloudErrors.error('publish.recipe', message);
  }
  return { recipe, document };
}

async function withArtifacts(
  folder: string,
  { recipe, document }: Pick<BuiltComponent, 'recipe' | 'document'>,
): Promise<BuiltComponent> {
  const { name, version } = recipe;
  const fileNames = new Set(recipe.manifests.flatMap(({ artifacts }) => artifacts.map(({ fileName }) => fileName)));
  const artifacts = await inParallel([...fileNames], HASHED_AT_ONCE, async (fileName) => {
    const file = path.join(folder, 'artifacts', name, version, fileName);
    const facts = await stat(file).catch((cause: unknown) => {
      const message = `${name} ${version} names the artifact ${fileName}, but there is no ${file}`;
      throw cloudErrors.error('publish.missing-artifact', message, { cause });
    });
    const content = await contentDigest(file);
    const known = content === undefined ? {} : { contentDigest: content };
    return { fileName, file, bytes: facts.size, digest: await fileDigest(file), ...known };
  });
  return { name, version, document, recipe, artifacts };
}
