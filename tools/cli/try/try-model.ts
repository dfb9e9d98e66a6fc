import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { MANIFEST_FILE, parseLabels, parseManifest } from '#packages/model-package';
import type { ModelManifest } from '#packages/model-package';
import { countClasses } from '../../onnx/count-classes.ts';
import { readOnnx } from '../../onnx/read-onnx.ts';
import { packageModel } from '../../package/package-model.ts';
import type { FoundSource } from '../../package/source/source.ts';
import type { ProjectModel, Settings } from '../../project-file/project-file.ts';
import { requireLabels } from './require-labels.ts';

export interface TryModelRequest {
  readonly source: FoundSource;
  /** What edgeml.yaml says of the model, but for what is proposed here. */
  readonly entry: ProjectModel;
  /** Name of the service. Default: that of the source. */
  readonly name: string | undefined;
  /** Absolute. */
  readonly labels: string | undefined;
  /** Folder that packages go to. */
  readonly output: string;
  readonly onProgress: (what: string) => void;
  readonly signal: AbortSignal;
}

/** A model that was packaged, and what edgeml.yaml is to say of it. */
export interface TriedModel {
  readonly name: string;
  readonly entry: ProjectModel;
  /** Whether its model.json was proposed; else it has its own. */
  readonly isProposed: boolean;
  readonly manifest: ModelManifest;
  /** The unpacked package. */
  readonly folder: string;
  /** Bytes of its first variant. */
  readonly bytes: number;
  readonly labels: readonly string[];
  /** What a person should look at. */
  readonly notes: readonly string[];
}

/**
 * Packages a model with the model.json that is proposed for it, or its own.
 *
 * @param keys of model.json that go over the proposal
 * @throws EdgeError `try.labels`, and those of packaging
 */
export async function tryModel(request: TryModelRequest, keys?: Settings): Promise<TriedModel> {
  const { source, entry, name, labels: labelsFile, output, onProgress, signal } = request;
  const outcome = await packageModel(source, {
    // It asks nothing; what it takes on trust is a note that asks to be checked.
    assume: true,
    ...(name === undefined ? {} : { name }),
    ...(labelsFile === undefined ? {} : { labels: labelsFile }),
    ...(keys === undefined ? {} : { keys }),
    golden: [],
    output,
    read: 'ALL',
    publisher: 'EdgeML',
    // A work folder: nobody has what was there under this version before.
    replace: true,
    rebuild: true,
    onProgress,
    signal,
  });
  const folder = path.join(output, outcome.record.files.package);
  const raw = JSON.parse(await readFile(path.join(folder, MANIFEST_FILE), 'utf8')) as Settings;
  const manifest = parseManifest(raw);
  const labels =
    manifest.labels === undefined ? [] : parseLabels(await readFile(path.join(folder, manifest.labels), 'utf8'));
  const { file } = manifest.variants[0];
  const bytes = await readFile(path.join(folder, file));
  const classes = countClasses(readOnnx(bytes, file), manifest.output);
  requireLabels(manifest, { labels, file: labelsFile ?? manifest.labels ?? 'labels.txt', classes });
  const isProposed = outcome.isProposed === true;
  return {
    name: manifest.name,
    entry: isProposed ? { ...entry, version: manifest.version, manifest: proposedKeys(raw) } : entry,
    isProposed,
    manifest,
    folder,
    bytes: bytes.length,
    labels,
    notes: outcome.notes,
  };
}

/** What was guessed or read from the file, so that edgeml.yaml says all of it and later releases guess nothing anew. */
function proposedKeys(raw: Settings): Settings {
  const said = ['task', 'input', 'output'].filter((key) => key in raw);
  return Object.fromEntries(said.map((key) => [key, raw[key]]));
}
