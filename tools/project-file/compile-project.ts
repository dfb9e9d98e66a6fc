import { readRecipe } from '../bundle/recipe-source.ts';
import { COMPONENTS } from '../bundle/components.ts';
import { deploymentOf } from './deployment-of.ts';
import type { DeploymentDocument, DeploymentParts } from './deployment-of.ts';
import { packageModels } from './package-models.ts';
import type { ProjectFile } from './project-file.ts';

export interface CompileOptions extends Pick<DeploymentParts, 'target'> {
  /** Folder that packages go to. */
  readonly output: string;
  readonly onProgress?: (what: string) => void;
  /** Guesses of packaging, for a person to check. */
  readonly onNote?: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Packages the models of edgeml.yaml and gives the deployment document that the file stands for.
 *
 * @throws EdgeError those of packaging
 */
export async function compileProject(
  project: ProjectFile,
  { target, output, onProgress, onNote, signal }: CompileOptions,
): Promise<DeploymentDocument> {
  const outcomes = await packageModels(project, { output, signal, ...(onProgress ? { onProgress } : {}) });
  for (const { record, notes } of outcomes) {
    // A person has looked at the keys in the file itself.
    if (project.models[record.name]?.manifest === undefined) for (const note of notes) onNote?.(note);
  }
  const recipes = await Promise.all(COMPONENTS.map(({ name }) => readRecipe(name)));
  const versions = new Map(recipes.map(({ name, version }) => [name, version]));
  return deploymentOf(project, {
    models: outcomes.map(({ record: { component, version } }) => ({ component, version })),
    // Every name of the file was held against this list.
    versionOf: (name) => versions.get(name) ?? '',
    target,
  });
}
