import path from 'node:path';
import { format, resolveConfig } from 'prettier';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { defaultConfiguration } from '#packages/foundation';
import { accessControlFor } from '#packages/ipc';
import { PROJECT } from '../project.ts';
import { RECIPE_SETTINGS } from '../recipe-settings.ts';
import { readRecipe } from '../recipe-source.ts';
import type { GeneratedFile } from './generated-file.ts';

/**
 * The recipe of a component with the DefaultConfiguration that the table of recipe settings (a component that is not in it: its
 * schema) and the table of topics say; everything else untouched.
 */
export async function recipeWithConfiguration(component: string, schema: z.ZodType): Promise<GeneratedFile> {
  const recipe = await readRecipe(component);
  const document = parseDocument(recipe.text);
  const settings = RECIPE_SETTINGS.get(component) ?? defaultConfiguration(schema);
  const configuration = { ...settings, accessControl: withoutDescriptions(accessControlFor(component)) };
  document.setIn(['ComponentConfiguration', 'DefaultConfiguration'], document.createNode(configuration));
  const text = document.toString({ lineWidth: 0 });
  const options = await resolveConfig(recipe.file);
  return {
    path: path.relative(PROJECT, recipe.file),
    content: await format(text, { ...options, filepath: recipe.file }),
  };
}

/** No nucleus needs them, and they count towards the 255 objects that nucleus lite decodes; packages/ipc/topics has them. */
function withoutDescriptions(services: ReturnType<typeof accessControlFor>): object {
  return mapValues(services, (policies) =>
    mapValues(policies, ({ operations, resources }) => ({ operations, resources })),
  );
}

function mapValues<Value, To>(record: Readonly<Record<string, Value>>, to: (value: Value) => To): object {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
}
