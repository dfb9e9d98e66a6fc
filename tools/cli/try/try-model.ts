import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseLabels } from '#packages/model-package';
import type { ModelManifest } from '#packages/model-package';
import { assemble } from '../../package/assemble/assemble.ts';
import { requireModelName } from '../../package/names.ts';
import { packageModel } from '../../package/package-model.ts';
import { workRequest } from '../../project-file/package-models.ts';
import type { ProjectModel } from '../../project-file/project-file.ts';
import { modelsFolder } from '../../project-file/work-folders.ts';
import { cliErrors } from '../errors.ts';
import type { PreparedModel, Proposed } from './prepare-model.ts';

/** Of models that do not say a version themselves. */
const FIRST_VERSION = '1.0.0';

export interface TryModelRequest {
  /** The model's entry in edgeml.yaml, without the proposed keys. */
  readonly entry: ProjectModel;
  /** Name of the service. Default: that of the model. */
  readonly name: string | undefined;
  /** edgeml.yaml, absolute. */
  readonly file: string;
  readonly onProgress: (what: string) => void;
  readonly signal: AbortSignal;
}

/** A model that can be run, and what edgeml.yaml is to say of it. */
export interface TriedModel {
  readonly name: string;
  readonly entry: ProjectModel;
  readonly proposed: Proposed | undefined;
  readonly manifest: ModelManifest;
  /** The unpacked package. */
  readonly folder: string;
  /** Of its first variant. */
  readonly bytes: number;
  readonly labels: readonly string[];
}

/**
 * Makes a package of the model in a folder, with the model.json that is proposed for it, or its own: what can be run at once.
 *
 * @param folder empty
 * @throws EdgeError `cli.usage`, and those of packaging
 */
export async function tryModel(
  { source, content, proposed }: PreparedModel,
  { entry, name, file, signal }: TryModelRequest,
  folder: string,
): Promise<TriedModel> {
  const suggested = name ?? source.suggestedName ?? '';
  const said = proposed ? { ...entry, version: FIRST_VERSION, manifest: proposed.keys } : entry;
  const request = workRequest(proposed ? requireModelName(suggested) : suggested, said, file);
  const { manifest } = await assemble({ ...source, suggestedName: suggested }, content, folder, request, signal);
  if (!proposed && name !== undefined && name !== manifest.name)
    throw cliErrors.error('cli.usage', `--name is "${name}", but the model.json of the model says "${manifest.name}"`);
  const labels =
    manifest.labels === undefined ? [] : parseLabels(await readFile(path.join(folder, manifest.labels), 'utf8'));
  const { size: bytes } = await stat(path.join(folder, manifest.variants[0].file));
  return { name: manifest.name, entry: said, proposed, manifest, folder, bytes, labels };
}

/** Packages a model that was tried, just as `npm start` will for what edgeml.yaml says. @throws EdgeError those of packaging */
export async function packageTried(
  { source }: PreparedModel,
  { name, entry }: TriedModel,
  { file, onProgress, signal }: TryModelRequest,
): Promise<void> {
  const output = modelsFolder(file);
  await packageModel(
    { ...source, suggestedName: name },
    { ...workRequest(name, entry, file), output, onProgress, signal },
  );
}
