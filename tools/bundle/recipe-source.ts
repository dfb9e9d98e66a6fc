import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { isCollection, isMap, parseDocument, Scalar, visit } from 'yaml';
import { messageOf } from '#packages/foundation';
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
 * (aws-greengrass-lite, modules/ggl-recipe/src/recipe.c) and a comment must not cost a device anything. Deep levels are
 * written in one line, so that their indentation costs nothing either.
 */
export function strippedRecipe(text: string): string {
  const document = parseDocument(text);
  document.commentBefore = null;
  document.comment = null;
  visit(document, {
    Node: (_, node, path) => {
      node.commentBefore = null;
      node.comment = null;
      node.spaceBefore = false;
      if (isCollection(node) && path.filter(isCollection).length >= BLOCK_LEVELS) node.flow = true;
    },
    Pair: (_, pair) => {
      if (isMap(pair.value)) pair.value.commentBefore = null;
    },
  });
  quoteColons(document);
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

const BLOCK_LEVELS = 3;

/** Parsers of YAML 1.1 take a colon inside a plain word of a flow collection for the end of a key. */
function quoteColons(document: ReturnType<typeof parseDocument>): void {
  visit(document, {
    Scalar: (_, scalar, path) => {
      const inFlow = path.some((node) => isCollection(node) && node.flow === true);
      const isPlain = scalar.type === undefined || scalar.type === Scalar.PLAIN;
      if (inFlow && isPlain && typeof scalar.value === 'string' && scalar.value.includes(':'))
        scalar.type = Scalar.QUOTE_SINGLE;
    },
  });
}
