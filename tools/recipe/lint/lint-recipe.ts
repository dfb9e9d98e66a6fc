import path from 'node:path';
import type { Finding, RecipeIssue } from '../issue.ts';
import { liteRefusals } from '../lite-findings.ts';
import { parseRecipeFile } from '../read-recipe.ts';
import type { ParsedRecipe } from '../read-recipe.ts';
import type { Recipe } from '../recipe.ts';
import { lintAccessControl } from './access-control.ts';
import { lintArtifacts } from './artifacts.ts';
import { lintLifecycles } from './lifecycles.ts';
import { lintForLite, lintScalars } from './lite.ts';
import { lintManifests } from './manifests.ts';
import { lintVariables } from './variables.ts';

/** Largest recipe that the cloud takes, bytes. */
const RECIPE_BYTES = 16_000;

/** Reads a recipe and says everything that is wrong with it or doubtful, ordered by place. */
export async function lintRecipeFile(file: string): Promise<readonly RecipeIssue[]> {
  return lintRecipe(await parseRecipeFile(file));
}

/** All issues of a parsed recipe: those found while reading, and where it could be read, those of its meaning. */
export function lintRecipe(parsed: ParsedRecipe): readonly RecipeIssue[] {
  const findings = [...lintFile(parsed), ...(parsed.recipe ? lintMeaning(parsed.recipe) : [])];
  const placed = findings.map((finding): RecipeIssue => {
    const line = parsed.lineOf(finding.pointer);
    return { ...finding, file: parsed.file, ...(line === undefined ? {} : { line }) };
  });
  return [...parsed.issues, ...placed].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function lintMeaning(recipe: Recipe): readonly Finding[] {
  return [
    ...lintHeader(recipe),
    ...lintManifests(recipe),
    ...lintArtifacts(recipe),
    ...lintLifecycles(recipe),
    ...lintVariables(recipe),
    ...lintAccessControl(recipe),
    ...lintForLite(recipe),
  ];
}

function lintFile({ bytes, file, raw, recipe }: ParsedRecipe): Finding[] {
  const findings = [...(recipe && !/\.json$/i.test(file) ? lintScalars(recipe) : []), ...liteRefusals(raw)];
  if (bytes > RECIPE_BYTES) {
    findings.push({
      severity: 'error',
      nucleus: 'any',
      code: 'recipe.too-large',
      pointer: '',
      message: `the recipe has ${bytes} bytes; the cloud takes ${RECIPE_BYTES}.`,
      fix: 'move scripts into an artifact.',
    });
  }
  const stem = path.basename(file, path.extname(file));
  if (recipe && stem !== 'recipe' && stem !== recipe.name && stem !== `${recipe.name}-${recipe.version}`) {
    findings.push({
      severity: 'warning',
      nucleus: 'any',
      code: 'recipe.file-name',
      pointer: '/ComponentName',
      message: `the file is called ${path.basename(file)}, the component ${recipe.name} ${recipe.version}.`,
      fix: `call it ${recipe.name}-${recipe.version}${path.extname(file)}.`,
    });
  }
  return findings;
}

const TYPES = ['aws.greengrass.generic', 'aws.greengrass.lambda', 'aws.greengrass.plugin', 'aws.greengrass.nucleus'];

function lintHeader(recipe: Recipe): Finding[] {
  const findings: Finding[] = [];
  if (!TYPES.includes(recipe.type.toLowerCase())) {
    findings.push({
      severity: 'error',
      nucleus: 'any',
      code: 'recipe.type',
      pointer: '/ComponentType',
      message: `"${recipe.type}" is not a component type.`,
      fix: `write one of ${TYPES.join(', ')}.`,
    });
  }
  if (recipe.dependencies[recipe.name]) {
    findings.push({
      severity: 'error',
      nucleus: 'any',
      code: 'dependency.self',
      pointer: '/ComponentDependencies',
      message: `${recipe.name} depends on itself.`,
      fix: 'remove that dependency.',
    });
  }
  return findings;
}
