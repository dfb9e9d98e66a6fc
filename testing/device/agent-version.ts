import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectPaths } from '../../tools/bundle/project.ts';
import type { LocalDeploymentRequest } from '../../tools/local-core/ports.ts';
import { AGENT } from './collection.ts';

/** The built agent under another version: its recipe and its zip, below `folder`. */
export async function agentVersion(folder: string, version: string): Promise<LocalDeploymentRequest> {
  const [recipes, artifacts] = [path.join(folder, 'recipes'), path.join(folder, 'artifacts')];
  await mkdir(recipes, { recursive: true });
  const recipe = await readFile(path.join(projectPaths.output, 'recipes', `${AGENT}-1.0.0.yaml`), 'utf8');
  await writeFile(
    path.join(recipes, `${AGENT}-${version}.yaml`),
    recipe.replace(/^ComponentVersion: .*$/m, `ComponentVersion: '${version}'`),
  );
  const built = path.join(projectPaths.output, 'artifacts', AGENT, '1.0.0');
  await cp(built, path.join(artifacts, AGENT, version), { recursive: true });
  return {
    recipeDirectoryPath: recipes,
    artifactsDirectoryPath: artifacts,
    rootComponentVersionsToAdd: { [AGENT]: version },
  };
}
