import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import { projectPaths } from '../../tools/bundle/project.ts';

/** The environment in a recipe's manifest, without paths of the device: the process is measured as it runs there. */
export async function recipeVariables(component: string, manifest: string): Promise<Variables> {
  const file = path.join(projectPaths.recipes, `${component}.yaml`);
  const { Manifests } = parse(await readFile(file, 'utf8')) as Recipe;
  const found = Manifests.find(({ Name }) => Name === manifest);
  if (!found) throw new Error(`the recipe of ${component} has no manifest "${manifest}"`);
  const { NODE_PATH: _ofTheDevice, ...variables } = found.Lifecycle.Setenv ?? {};
  return variables;
}

type Variables = Readonly<Record<string, string>>;

interface Recipe {
  readonly Manifests: readonly { readonly Name: string; readonly Lifecycle: { readonly Setenv?: Variables } }[];
}
