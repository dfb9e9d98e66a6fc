import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { exists } from '#packages/foundation';
import { lintCollection } from './lint-collection.ts';
import { parseRecipeFile } from '../recipe/read-recipe.ts';
import type { RecipeIssue } from '../recipe/issue.ts';
import { isPlainObject } from '../recipe/recipe.ts';
import { lintAccount } from './account/lint-account.ts';
import { isAccountFile } from './account/read-policies.ts';
import { lintConfiguration } from './lint-configuration.ts';
import { lintDependencies } from './lint-dependencies.ts';
import type { LintedRecipe } from './lint-dependencies.ts';
import { lintDeployment } from './lint-deployment.ts';
import { lintModelPackage } from './lint-model-package.ts';

export interface LintResult {
  /** The counts of what was checked, by kind. */
  readonly counts: {
    readonly recipes: number;
    readonly packages: number;
    readonly deployments: number;
    /** Templates and policy documents. */
    readonly policies: number;
  };
  readonly issues: readonly RecipeIssue[];
}

/**
 * Lints files and folders, each by what it is: recipes, build folders, model packages, deployment documents.
 *
 * @param known recipe files that are there besides, for dependencies and versions
 */
export async function lintPaths(
  paths: readonly string[],
  known: readonly string[],
  signal: AbortSignal,
): Promise<LintResult> {
  const found = (await Promise.all(paths.map(kindsOf))).flat();
  const of = (kind: Kind): readonly string[] => found.filter((one) => one.kind === kind).map(({ file }) => file);
  const [recipes, packages, deployments, policies] = [of('recipe'), of('package'), of('deployment'), of('policy')];
  const parsed = await parseAll(recipes);
  const others = await parseAll(known.filter((file) => !recipes.includes(file)));
  const issues = [
    ...(await lintCollection(recipes)),
    ...lintDependencies(parsed, others),
    ...parsed.flatMap(({ file, recipe }) =>
      lintConfiguration(recipe.name, recipe.defaultConfiguration, file, '/ComponentConfiguration/DefaultConfiguration'),
    ),
    ...(await Promise.all(of('build').map(missingArtifacts))).flat(),
    ...(await Promise.all(packages.map((where) => lintModelPackage(where, signal)))).flat(),
    ...(await Promise.all(deployments.map((file) => lintDeployment(file, [...parsed, ...others])))).flat(),
    ...(await lintAccount(
      policies,
      [...parsed, ...others].map(({ recipe }) => recipe),
    )),
  ];
  const counts = {
    recipes: recipes.length,
    packages: packages.length,
    deployments: deployments.length,
    policies: policies.length,
  };
  return { counts, issues };
}

type Kind = 'recipe' | 'build' | 'package' | 'deployment' | 'policy';
interface Found {
  readonly kind: Kind;
  readonly file: string;
}

/** A build folder counts as itself and as the recipes and packages in it. */
async function kindsOf(where: string): Promise<readonly Found[]> {
  const facts = await stat(where).catch(() => undefined);
  if (facts?.isDirectory()) {
    if (!(await exists(path.join(where, 'recipes')))) return [{ kind: 'package', file: where }];
    const recipes = (await readdir(path.join(where, 'recipes'))).filter((name) => /\.(ya?ml|json)$/.test(name));
    const packages = await readdir(path.join(where, 'packages'), { withFileTypes: true }).catch(() => []);
    return [
      { kind: 'build', file: where },
      ...recipes.map((name) => ({ kind: 'recipe' as const, file: path.join(where, 'recipes', name) })),
      ...packages
        .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
        .map(({ name }) => ({ kind: 'package' as const, file: path.join(where, 'packages', name) })),
    ];
  }
  if (/\.(zip|tgz|tar\.gz)$/i.test(where)) return [{ kind: 'package', file: where }];
  if (await isAccountFile(where)) return [{ kind: 'policy', file: where }];
  return [{ kind: (await isDeployment(where)) ? 'deployment' : 'recipe', file: where }];
}

async function isDeployment(file: string): Promise<boolean> {
  try {
    const document: unknown = parse(await readFile(file, 'utf8'));
    return isPlainObject(document) && ('components' in document || 'rootComponentVersionsToAdd' in document);
  } catch {
    return false; // the linter of recipes says what is wrong with it
  }
}

async function parseAll(files: readonly string[]): Promise<readonly LintedRecipe[]> {
  const parsed = await Promise.all(files.map((file) => parseRecipeFile(file).catch(() => undefined)));
  return parsed.flatMap((one) => (one?.recipe ? [{ file: one.file, recipe: one.recipe }] : []));
}

/** Artifacts of a recipe that are not where gdk and publish look for them; those of other platforms' runtimes may be left out. */
async function missingArtifacts(folder: string): Promise<readonly RecipeIssue[]> {
  const names = (await readdir(path.join(folder, 'recipes'))).filter((name) => /-\d[^/]*\.(ya?ml|json)$/.test(name));
  const recipes = await parseAll(names.map((name) => path.join(folder, 'recipes', name)));
  const issues = recipes.map(async ({ file, recipe }): Promise<readonly RecipeIssue[]> => {
    const wanted = new Set(recipe.manifests.flatMap(({ artifacts }) => artifacts.map(({ fileName }) => fileName)));
    const at = path.join(folder, 'artifacts', recipe.name, recipe.version);
    const there = new Set(await readdir(at).catch(() => []));
    const missing = [...wanted].filter((name) => !there.has(name));
    return missing.map((name) => ({
      severity: 'error',
      nucleus: 'any',
      code: 'artifact.missing',
      file,
      pointer: '/Manifests',
      message: `${name} of ${recipe.name} ${recipe.version} is not in ${at}.`,
      fix: 'build the component for every platform of its recipe.',
    }));
  });
  return (await Promise.all(issues)).flat();
}
