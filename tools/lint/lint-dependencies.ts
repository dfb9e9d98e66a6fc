import semver from 'semver';
import { BUILTINS } from '../local-core/builtins.ts';
import { pointerTo } from '../recipe/issue.ts';
import type { RecipeIssue } from '../recipe/issue.ts';
import { liteRefusals } from '../recipe/lite-findings.ts';
import type { Recipe } from '../recipe/recipe.ts';

export interface LintedRecipe {
  readonly file: string;
  readonly recipe: Recipe;
}

/**
 * Dependencies that no version among the recipes meets, that nothing is known of, and that go in a circle; also those of
 * other recipes that name one of these, since a dependant that finds no version fails the deployment as well.
 *
 * @param others recipes that are there besides, e.g. the project's own
 */
export function lintDependencies(
  recipes: readonly LintedRecipe[],
  others: readonly LintedRecipe[],
): readonly RecipeIssue[] {
  const all = [...recipes, ...others];
  const own = new Set(recipes.map(({ recipe }) => recipe.name));
  const dependants = others.flatMap((one) =>
    Object.entries(one.recipe.dependencies)
      .filter(([name]) => own.has(name))
      .flatMap(([name, { versionRequirement }]) => [
        ...dependencyIssue(one, name, versionRequirement, all),
        ...liteRangeIssue(one, name, versionRequirement),
      ]),
  );
  const issues = recipes.flatMap((one) => [
    ...Object.entries(one.recipe.dependencies).flatMap(([name, { versionRequirement }]) =>
      dependencyIssue(one, name, versionRequirement, all),
    ),
    ...circleIssue(one, all),
  ]);
  return [...issues, ...dependants];
}

function liteRangeIssue({ file }: LintedRecipe, name: string, requirement: string): readonly RecipeIssue[] {
  const raw = { ComponentDependencies: { [name]: { VersionRequirement: requirement } } };
  return liteRefusals(raw).map((finding) => ({ ...finding, file }));
}

function dependencyIssue(
  { file }: LintedRecipe,
  name: string,
  requirement: string,
  all: readonly LintedRecipe[],
): readonly RecipeIssue[] {
  const versions = all.filter(({ recipe }) => recipe.name === name).map(({ recipe }) => recipe.version);
  if (versions.some((version) => semver.satisfies(version, requirement))) return [];
  const place = { file, nucleus: 'any', pointer: pointerTo('/ComponentDependencies', name) } as const;
  if (versions.length > 0) {
    return [
      {
        ...place,
        severity: 'error',
        code: 'dependency.unsatisfied',
        message: `${name} is wanted as "${requirement}"; there is ${versions.join(', ')}.`,
        fix: 'widen VersionRequirement, or build a version that meets it.',
      },
    ];
  }
  if (name in BUILTINS || name.startsWith('aws.')) return [];
  return [
    {
      ...place,
      severity: 'warning',
      code: 'dependency.unknown',
      message: `no recipe of ${name} is among those that were read.`,
      fix: 'correct the name, or lint its recipe along.',
    },
  ];
}

function circleIssue({ file, recipe }: LintedRecipe, all: readonly LintedRecipe[]): readonly RecipeIssue[] {
  const path = pathBack(recipe.name, recipe.name, all, new Set());
  if (!path || path.length < 2) return [];
  return [
    {
      severity: 'error',
      nucleus: 'any',
      code: 'dependency.circle',
      file,
      pointer: '/ComponentDependencies',
      message: `${[recipe.name, ...path].join(' needs ')}: none of them can start first.`,
      fix: 'remove one of these dependencies.',
    },
  ];
}

/** Names from a component's dependencies back to `target`; undefined if no way leads there. */
function pathBack(
  name: string,
  target: string,
  all: readonly LintedRecipe[],
  seen: Set<string>,
): readonly string[] | undefined {
  const names = all
    .filter(({ recipe }) => recipe.name === name)
    .flatMap(({ recipe }) => Object.keys(recipe.dependencies));
  for (const next of names) {
    if (next === target) return [next];
    if (seen.has(next)) continue;
    seen.add(next);
    const rest = pathBack(next, target, all, seen);
    if (rest) return [next, ...rest];
  }
  return undefined;
}
