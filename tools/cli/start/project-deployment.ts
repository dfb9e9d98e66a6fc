import { rm } from 'node:fs/promises';
import path from 'node:path';
import { projectPaths } from '../../bundle/project.ts';
import { deploymentRequest } from '../../local-core/deployment/read-document.ts';
import type { LocalDeploymentRequest } from '../../local-core/ports.ts';
import { compileProject } from '../../project-file/compile-project.ts';
import type { ProjectFile } from '../../project-file/project-file.ts';
import { modelsFolder } from '../../project-file/work-folders.ts';
import { stageBuilds } from '../../twin/stage-builds.ts';
import type { Output } from '../frame/output.ts';

/**
 * The deployment that edgeml.yaml stands for on this machine, its models packaged: the collection as built and the models put together in one build
 * folder.
 *
 * @throws EdgeError those of packaging
 */
export async function projectDeployment(
  project: ProjectFile,
  out: Output,
  signal: AbortSignal,
): Promise<LocalDeploymentRequest> {
  const models = modelsFolder(project.path);
  const document = await compileProject(project, {
    target: 'here',
    output: models,
    onProgress: (what) => out.progress(what),
    onNote: (text) => out.note(`${out.paint('yellow', 'check')} ${text}`),
    signal,
  });
  const staged = path.join(path.dirname(models), 'build');
  await rm(staged, { recursive: true, force: true });
  const { recipes, artifacts } = await stageBuilds(staged, [projectPaths.output, models]);
  const folders = { recipeDirectoryPath: recipes, artifactsDirectoryPath: artifacts };
  return { ...deploymentRequest({ ...document, ...folders }, path.dirname(project.path)), origin: 'cloud' };
}

/** Sources that are read. */
export function enabledSources({ sources }: ProjectFile): readonly string[] {
  return Object.entries(sources)
    .filter(([, { Enabled: enabled = true }]) => !/^false$/i.test(String(enabled).trim()))
    .map(([name]) => name);
}
