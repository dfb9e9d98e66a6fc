import { readFile } from 'node:fs/promises';
import { isPlainObject } from '../recipe/recipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { RecipeIssue } from '../recipe/issue.ts';
import { lintRecipe } from '../recipe/lint/lint-recipe.ts';
import { parseRecipeFile } from '../recipe/read-recipe.ts';
import { strippedRecipe } from '../bundle/recipe-source.ts';

/** Nucleus lite reads a recipe into a buffer of this size (aws-greengrass-lite 2.6, modules/ggl-recipe/src/recipe.c). */
export const LITE_RECIPE_BYTES = 8196;

/** Faults of each recipe, and between them: sizes as delivered, policy ids that two components share. */
export async function lintCollection(files: readonly string[]): Promise<readonly RecipeIssue[]> {
  const parsed = await Promise.all(files.map((file) => parseRecipeFile(file)));
  const single = parsed.flatMap((recipe) => [...lintRecipe(recipe)]);
  // A file that is not a recipe does not have a size as one.
  const sizes = await Promise.all(parsed.filter(({ recipe }) => recipe).map(({ file }) => tooLargeForLite(file)));
  return [...single, ...sizes.flat(), ...sharedPolicyIds(parsed)];
}

async function tooLargeForLite(file: string): Promise<readonly RecipeIssue[]> {
  const bytes = Buffer.byteLength(strippedRecipe(await readFile(file, 'utf8')));
  if (bytes < LITE_RECIPE_BYTES) return [];
  return [
    {
      severity: 'error',
      nucleus: 'lite',
      code: 'recipe.too-large-for-lite',
      file,
      pointer: '',
      message: `the recipe has ${bytes} bytes without its comments; nucleus lite reads fewer than ${LITE_RECIPE_BYTES}.`,
      fix: 'shorten scripts and descriptions, or leave defaults to the code.',
    },
  ];
}

function sharedPolicyIds(
  parsed: readonly { readonly file: string; readonly recipe?: Recipe }[],
): readonly RecipeIssue[] {
  const owners = new Map<string, string>();
  return parsed.flatMap(({ file, recipe }) =>
    policyIds(recipe?.defaultConfiguration['accessControl']).flatMap((id): RecipeIssue[] => {
      const owner = owners.get(id);
      if (owner === undefined) owners.set(id, file);
      if (owner === undefined || owner === file) return [];
      return [
        {
          severity: 'error',
          nucleus: 'any',
          code: 'access-control.shared-id',
          file,
          pointer: '/ComponentConfiguration/DefaultConfiguration/accessControl',
          message: `the policy id "${id}" is used by ${owner} too; ids are to be unique on a device.`,
          fix: 'start policy ids with the name of the component.',
        },
      ];
    }),
  );
}

function policyIds(accessControl: unknown): readonly string[] {
  if (!isPlainObject(accessControl)) return [];
  return Object.values(accessControl).flatMap((policies) => (isPlainObject(policies) ? Object.keys(policies) : []));
}
