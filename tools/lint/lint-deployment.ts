import { isEdgeError } from '#packages/foundation';
import { countObjects } from '#packages/ipc';

import { BUILTINS } from '../local-core/builtins.ts';
import { readDeploymentDocument } from '../local-core/deployment/read-document.ts';
import { pointerTo } from '../recipe/issue.ts';
import type { RecipeIssue } from '../recipe/issue.ts';
import { lintConfiguration } from './lint-configuration.ts';
import type { LocalDeploymentRequest } from '../local-core/ports.ts';
import { LITE_MAX_OBJECTS } from '../recipe/lite-limits.ts';
import { isPlainObject } from '../recipe/recipe.ts';
import type { LintedRecipe } from './lint-dependencies.ts';

/** A deployment document: its form, its components among the known recipes, and what it would set. */
export async function lintDeployment(file: string, known: readonly LintedRecipe[]): Promise<readonly RecipeIssue[]> {
  const request = await readDeploymentDocument(file).catch((error: unknown) => {
    if (isEdgeError(error)) return error;
    throw error;
  });
  const base = { file, nucleus: 'any' } as const;
  if (isEdgeError(request)) {
    const { code, message, todo } = request;
    return [{ ...base, severity: 'error', code, pointer: '', message: `${message}.`, fix: todo }];
  }
  const versions = Object.entries(request.rootComponentVersionsToAdd ?? {}).flatMap(
    ([name, version]): RecipeIssue[] => {
      const there = known.filter(({ recipe }) => recipe.name === name).map(({ recipe }) => recipe.version);
      if (there.length === 0 || there.includes(version)) return [];
      const message = `${name} is to be ${version}; built are ${there.join(', ')}.`;
      const pointer = pointerTo('/components', name);
      return [
        {
          ...base,
          severity: 'warning',
          code: 'deployment.unknown-version',
          pointer,
          message,
          fix: 'build that version, or correct it.',
        },
      ];
    },
  );
  const settings = Object.entries(request.componentToConfiguration ?? {}).flatMap(([name, change]) =>
    change.MERGE === undefined
      ? []
      : lintConfiguration(name, change.MERGE, file, `${pointerTo('/components', name)}/configurationUpdate/merge`),
  );
  return [...versions, ...settings, ...sizes(file, request, known), ...notRoots(file, request)];
}

/** Whole configurations that nucleus lite could not read any more: the recipe's defaults and what the document sets over them. */
function sizes(file: string, request: LocalDeploymentRequest, known: readonly LintedRecipe[]): readonly RecipeIssue[] {
  return Object.entries(request.componentToConfiguration ?? {}).flatMap(([name, { MERGE }]): RecipeIssue[] => {
    const wanted = request.rootComponentVersionsToAdd?.[name];
    const recipes = known.filter(({ recipe }) => recipe.name === name).map(({ recipe }) => recipe);
    const recipe = recipes.find(({ version }) => version === wanted) ?? recipes.at(-1);
    const objects = countObjects(merged(recipe?.defaultConfiguration ?? {}, MERGE));
    if (objects <= LITE_MAX_OBJECTS) return [];
    return [
      {
        severity: 'error',
        nucleus: 'lite',
        code: 'lite.configuration-objects',
        file,
        pointer: `${pointerTo('/components', name)}/configurationUpdate/merge`,
        message: `${name} would have a configuration of ${objects} objects (entries of maps twice, entries of lists once, the recipe's own included); nucleus lite reads ${LITE_MAX_OBJECTS} at most, and the component does not start with more.`,
        fix: 'leave out settings that have their default, or spread them over fewer entries.',
      },
    ];
  });
}

/** As the nucleus merges: maps key by key, anything else is replaced. */
function merged(below: unknown, over: unknown): unknown {
  if (over === undefined) return below;
  if (!isPlainObject(below) || !isPlainObject(over)) return over;
  const keys = new Set([...Object.keys(below), ...Object.keys(over)]);
  return Object.fromEntries([...keys].map((key) => [key, merged(below[key], over[key])]));
}

/** The nucleus ignores the configuration of a component that is no root: it comes along as a dependency, with its defaults. */
function notRoots(file: string, request: LocalDeploymentRequest): readonly RecipeIssue[] {
  const roots = new Set(Object.keys(request.rootComponentVersionsToAdd ?? {}));
  return Object.keys(request.componentToConfiguration ?? {})
    .filter((name) => !roots.has(name) && BUILTINS[name] === undefined)
    .map((name) => ({
      severity: 'warning',
      nucleus: 'any',
      code: 'deployment.configuration-of-no-root',
      file,
      pointer: pointerTo('/componentToConfiguration', name),
      message: `${name} is configured and is no root component of this deployment; the nucleus ignores that, unless an earlier one made it a root.`,
      fix: `add ${name} with its version to rootComponentVersionsToAdd.`,
    }));
}
