import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { defaultConfiguration } from '#packages/foundation';
import { accessControlFor } from '#packages/ipc';
import { PROJECT } from '../project.ts';
import { readRecipe } from '../recipe-source.ts';
import type { GeneratedFile } from './generated-file.ts';

/** The recipe of a component with its DefaultConfiguration as its schema and the table of topics say; all else untouched. */
export async function recipeWithConfiguration(component: string, schema: z.ZodType): Promise<GeneratedFile> {
  const recipe = await readRecipe(component);
  const document = parseDocument(recipe.text);
  const configuration = { ...defaultConfiguration(schema), accessControl: accessControlFor(component) };
  document.setIn(['ComponentConfiguration', 'DefaultConfiguration'], document.createNode(configuration));
  const text = document.toString({ lineWidth: 0 });
  const options = await resolveConfig(recipe.file);
  return {
    path: path.relative(PROJECT, recipe.file),
    content: await format(text, { ...options, filepath: recipe.file }),
  };
}
