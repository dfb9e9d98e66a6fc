import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

const RECIPE = join(import.meta.dirname, '../../recipes/edgeml.FeedbackUploader.yaml');

/** What the recipe sets for Linux, less paths of the device: the process is measured as it runs there. */
export async function recipeVariables(): Promise<Readonly<Record<string, string>>> {
  const { Manifests } = parse(await readFile(RECIPE, 'utf8')) as {
    readonly Manifests: readonly { readonly Name: string; readonly Lifecycle: { readonly Setenv: Variables } }[];
  };
  const { NODE_PATH: _ofTheDevice, ...variables } =
    Manifests.find(({ Name }) => Name === 'linux')?.Lifecycle.Setenv ?? {};
  return variables;
}

type Variables = Readonly<Record<string, string>>;
