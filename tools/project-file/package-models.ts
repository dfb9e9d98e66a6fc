import path from 'node:path';
import { packageModel } from '../package/package-model.ts';
import type { PackageOutcome } from '../package/package-model.ts';
import type { PackageOptions } from '../package/package-options.ts';
import { AwsClients } from '../package/source/aws-clients.ts';
import { findSource } from '../package/source/find-source.ts';
import { parseSource } from '../package/source/parse-source.ts';
import { projectFileErrors } from './errors.ts';
import type { ProjectFile, ProjectModel } from './project-file.ts';

const MAX_BYTES = 2048 * 2 ** 20;

/** What a model of edgeml.yaml says itself is left to it. */
export type PackagingOptions = Pick<
  PackageOptions,
  'output' | 'read' | 'publisher' | 'signer' | 'claims' | 'replace' | 'rebuild' | 'onProgress' | 'signal'
> & { readonly maxBytes?: number; readonly region?: string | undefined };

/**
 * Packages every model of the file; one whose source and settings are as they were is left alone.
 *
 * @throws EdgeError `project-file.model-name`, and those of packaging
 */
export async function packageModels(
  project: ProjectFile,
  options: PackagingOptions,
): Promise<readonly PackageOutcome[]> {
  const { maxBytes = MAX_BYTES, region, signal, ...rest } = options;
  const aws = new AwsClients(region);
  const outcomes: PackageOutcome[] = [];
  try {
    for (const [name, model] of Object.entries(project.models)) {
      const found = await findSource(sourceOf(model, project), { aws, maxBytes, sha256: model.sha256, signal });
      // A package is called what its model.json says; anything else what the file says.
      const source = { ...found, suggestedName: name };
      const outcome = await packageModel(source, { ...rest, signal, ...requestOf(name, model, project) });
      requireName(name, outcome.record.name, project.path);
      outcomes.push(outcome);
    }
    return outcomes;
  } finally {
    aws.close();
  }
}

function requestOf(
  name: string,
  { version, labels, golden = [], int8, manifest }: ProjectModel,
  { path: file }: ProjectFile,
): Pick<PackageOptions, 'name' | 'version' | 'labels' | 'golden' | 'int8' | 'keys'> {
  const here = (given: string): string => path.resolve(path.dirname(file), given);
  return {
    ...(manifest === undefined ? {} : { keys: manifest, name }),
    ...(version === undefined ? {} : { version }),
    ...(labels === undefined ? {} : { labels: here(labels) }),
    ...(int8 === undefined ? {} : { int8: here(int8) }),
    golden: golden.map(here),
  };
}

function sourceOf({ source }: ProjectModel, { path: file }: ProjectFile): string {
  return parseSource(source).kind === 'local' ? path.resolve(path.dirname(file), source) : source;
}

function requireName(key: string, name: string, file: string): void {
  if (name === key) return;
  const message = `the model "${key}" of ${file} is called "${name}" by its model.json`;
  throw projectFileErrors.error('project-file.model-name', message, { facts: { file, key, name } });
}
