import path from 'node:path';
import { packageModel } from '../package/package-model.ts';
import type { PackageOutcome } from '../package/package-model.ts';
import type { PackageOptions } from '../package/package-options.ts';
import { AwsClients } from '../package/source/aws-clients.ts';
import { findSource } from '../package/source/find-source.ts';
import type { FindOptions } from '../package/source/find-source.ts';
import { parseSource } from '../package/source/parse-source.ts';
import type { FoundSource } from '../package/source/source.ts';
import { projectFileErrors } from './errors.ts';
import type { ProjectFile, ProjectModel } from './project-file.ts';

/** Largest download, and largest content of an archive. */
export const MAX_MODEL_BYTES = 2048 * 2 ** 20;

/** Options that are not in edgeml.yaml. */
export type PackagingOptions = Pick<PackageOptions, 'output' | 'onProgress' | 'signal'>;

/** A model of edgeml.yaml that was looked up. */
export interface FoundModel {
  readonly name: string;
  readonly source: FoundSource;
  readonly request: Pick<PackageOptions, 'name' | 'version' | 'labels' | 'golden' | 'int8' | 'keys'>;
}

/**
 * Looks the models of the file up, without downloading them.
 *
 * @throws EdgeError `package-source.*`
 */
export async function findModels(project: ProjectFile, options: FindOptions): Promise<readonly FoundModel[]> {
  const models: FoundModel[] = [];
  for (const [name, model] of Object.entries(project.models)) {
    const found = await findSource(sourceOf(model, project), { ...options, sha256: model.sha256 });
    // A package is called what its model.json says; anything else what the file says.
    models.push({ name, source: { ...found, suggestedName: name }, request: requestOf(name, model, project.path) });
  }
  return models;
}

/**
 * Packages every model of the file into a work folder; one whose source and settings are as they were is left alone.
 *
 * @throws EdgeError `project-file.model-name`, and those of packaging
 */
export async function packageModels(
  project: ProjectFile,
  options: PackagingOptions,
): Promise<readonly PackageOutcome[]> {
  const { signal } = options;
  const aws = new AwsClients(undefined);
  const outcomes: PackageOutcome[] = [];
  try {
    for (const { name, source, request } of await findModels(project, { aws, maxBytes: MAX_MODEL_BYTES, signal })) {
      const outcome = await packageModel(source, { ...WORK, ...options, ...request });
      requireModelKey(name, outcome.record.name, project.path);
      outcomes.push(outcome);
    }
    return outcomes;
  } finally {
    aws.close();
  }
}

/** Nobody but this machine has what was there under the version before; `try` has shown what is taken on trust. */
const WORK = { read: 'ALL', publisher: 'EdgeML', replace: true, assume: true } as const;

/** How a model of edgeml.yaml is packaged into a work folder. */
export function workRequest(name: string, model: ProjectModel, file: string): FoundModel['request'] & typeof WORK {
  return { ...WORK, ...requestOf(name, model, file) };
}

function requestOf(
  name: string,
  { version, labels, golden = [], int8, manifest }: ProjectModel,
  file: string,
): FoundModel['request'] {
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

/** @throws EdgeError `project-file.model-name` */
export function requireModelKey(key: string, name: string, file: string): void {
  if (name === key) return;
  const message = `the model "${key}" of ${file} is called "${name}" by its model.json`;
  throw projectFileErrors.error('project-file.model-name', message, { facts: { file, key, name } });
}
