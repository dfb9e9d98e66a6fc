import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isMap, parseDocument, visit } from 'yaml';
import { messageOf } from '../../components/common/errors/edge-error.ts';
import { buildErrors } from './errors.ts';
import { projectPaths } from './project.ts';

/** A recipe of recipes/, the single source of truth for its component. */
export interface RecipeSource {
  readonly file: string;
  readonly name: string;
  readonly version: string;
  readonly text: string;
}

/** @throws EdgeError `build.recipe` */
export async function readRecipe(component: string, folder: string = projectPaths.recipes): Promise<RecipeSource> {
  const file = path.join(folder, `${component}.yaml`);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw buildErrors.error('build.recipe', `cannot read the recipe of ${component}: ${messageOf(cause)}`, { cause });
  });
  const document = parseDocument(text);
  const [fault] = document.errors;
  if (fault) throw buildErrors.error('build.recipe', `${file} is not YAML: ${fault.message}`);
  const name = document.get('ComponentName');
  const version = document.get('ComponentVersion');
  if (name !== component || typeof version !== 'string') {
    const message = `${file} must hold ComponentName ${component} and a ComponentVersion; it has ${String(name)} and ${String(version)}`;
    throw buildErrors.error('build.recipe', message);
  }
  return { file, name, version, text };
}

/**
 * The recipe as it is delivered: without comments, since nucleus lite reads recipes into a buffer of 8 kB
 * (aws-greengrass-lite, modules/ggl-recipe/src/recipe.c) and a comment must not cost a device anything.
 */
export function strippedRecipe(text: string): string {
  const document = parseDocument(text);
  document.commentBefore = null;
  document.comment = null;
  visit(document, {
    Node: (_, node) => {
      node.commentBefore = null;
      node.comment = null;
      node.spaceBefore = false;
    },
    Pair: (_, pair) => {
      if (isMap(pair.value)) pair.value.commentBefore = null;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}
