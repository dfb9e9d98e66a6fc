import { isEdgeError } from '#packages/foundation';

import { readDeploymentDocument } from '../local-core/deployment/read-document.ts';
import { pointerTo } from '../recipe/issue.ts';
import type { RecipeIssue } from '../recipe/issue.ts';
import { lintConfiguration } from './lint-configuration.ts';
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
  return [...versions, ...settings];
}
