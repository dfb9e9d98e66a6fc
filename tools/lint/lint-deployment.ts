import { isEdgeError } from '#packages/foundation';

import { BUILTINS } from '../local-core/builtins.ts';
import { readDeploymentDocument } from '../local-core/deployment/read-document.ts';
import { pointerTo } from '../recipe/issue.ts';
import type { RecipeIssue } from '../recipe/issue.ts';
import { lintConfiguration } from './lint-configuration.ts';
import type { LocalDeploymentRequest } from '../local-core/ports.ts';
import type { LintedRecipe } from './lint-dependencies.ts';
import { tooLargeForLite } from './lite-configuration.ts';

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
  return [
    ...oldComponent(file, request, known),
    ...versions,
    ...settings,
    ...sizes(file, request, known),
    ...notRoots(file, request),
  ];
}

/** No device has it any more: AWS has taken the component back with the service. One that was built here under its name is another. */
function oldComponent(
  file: string,
  request: LocalDeploymentRequest,
  known: readonly LintedRecipe[],
): readonly RecipeIssue[] {
  if (request.rootComponentVersionsToAdd?.[OLD_EDGE_MANAGER] === undefined) return [];
  if (known.some(({ recipe }) => recipe.name === OLD_EDGE_MANAGER)) return [];
  return [
    {
      severity: 'warning',
      nucleus: 'any',
      code: 'deployment.edge-manager',
      file,
      pointer: pointerTo('/components', OLD_EDGE_MANAGER),
      message: `${OLD_EDGE_MANAGER} was discontinued with SageMaker Edge Manager; edgeml.EdgeManager takes its place.`,
      fix: `edgeml migrate-edge-manager ${file}`,
    },
  ];
}

const OLD_EDGE_MANAGER = 'aws.greengrass.SageMakerEdgeManager';

/** Whole configurations that nucleus lite could not read any more: the recipe's defaults and what the document sets over them. */
function sizes(file: string, request: LocalDeploymentRequest, known: readonly LintedRecipe[]): readonly RecipeIssue[] {
  return Object.entries(request.componentToConfiguration ?? {}).flatMap(([name, { MERGE }]): RecipeIssue[] => {
    const wanted = request.rootComponentVersionsToAdd?.[name];
    const recipes = known.filter(({ recipe }) => recipe.name === name).map(({ recipe }) => recipe);
    const recipe = recipes.find(({ version }) => version === wanted) ?? recipes.at(-1);
    const tooLarge = tooLargeForLite(name, recipe?.defaultConfiguration, MERGE);
    const pointer = `${pointerTo('/components', name)}/configurationUpdate/merge`;
    return tooLarge ? [{ severity: 'error', nucleus: 'lite', file, pointer, ...tooLarge }] : [];
  });
}

/** The nucleus ignores the configuration of a component that is not a root: it comes along as a dependency, with its defaults. */
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
      message: `${name} is configured and is not a root component of this deployment; the nucleus ignores that, unless an earlier one made it a root.`,
      fix: `add ${name} with its version to rootComponentVersionsToAdd.`,
    }));
}
