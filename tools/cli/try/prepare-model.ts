import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { DEFAULT_PACKAGE_LIMITS, listFiles, outputSchema, parseLabels } from '#packages/model-package';
import { countClasses } from '../../onnx/count-classes.ts';
import { countsFromZero } from '../../onnx/counts-from-zero.ts';
import { proposeManifest } from '../../onnx/propose-manifest.ts';
import { readOnnx } from '../../onnx/read-onnx.ts';
import type { OnnxModel } from '../../onnx/read-onnx.ts';
import { findModel } from '../../package/assemble/find-model.ts';
import { hasBackgroundRow } from '../../package/check/shifted-labels.ts';
import { readGiven } from '../../package/files.ts';
import type { FoundSource } from '../../package/source/source.ts';
import type { Settings } from '../../project-file/project-file.ts';
import { requireLabels } from './require-labels.ts';

/** A model that was fetched. */
export interface PreparedModel {
  /** The same source, its files at hand. */
  readonly source: FoundSource;
  /** Folder of these files. */
  readonly content: string;
  /** The proposed part of model.json; undefined if it has its own. */
  readonly proposed: Proposed | undefined;
}

export interface Proposed {
  /** `task`, `input`, `tensors` and `output` of model.json: all that was guessed or read, so that later releases guess nothing again. */
  readonly keys: Settings;
  /** For a person to look at. */
  readonly notes: readonly string[];
}

/**
 * Fetches a model once, and proposes what it does not say itself.
 *
 * @param folder empty; what is fetched lies there
 * @param labels absolute path
 * @throws EdgeError `try.labels`, `package-source.*`, `packaging.*`, `model.unreadable`
 */
export async function prepareModel(
  found: FoundSource,
  folder: string,
  labels: string | undefined,
  signal: AbortSignal,
): Promise<PreparedModel> {
  const content = await found.fetch(folder, signal);
  const source: FoundSource = {
    ...found,
    fetch: async (target) => {
      await cp(content, target, { recursive: true });
      return target;
    },
  };
  const files = (await listFiles(content, DEFAULT_PACKAGE_LIMITS)).map((file) => file.path);
  const { root, isPackage, onnx } = findModel(found.identity.uri, files);
  // Packaging says what is wrong with several models in one place.
  if (isPackage || onnx.length !== 1) return { source, content, proposed: undefined };
  const file = onnx[0]!;
  const model = readOnnx(await readFile(path.join(content, root, file)), file);
  const { manifest, notes, questions } = proposeManifest(model, file);
  const said = ['task', 'input', 'tensors', 'output'].filter((key) => key in manifest);
  const proposed = {
    keys: Object.fromEntries(said.map((key) => [key, manifest[key]])),
    notes: [
      ...notes.filter((note) => !/^(golden|labels\.txt):/.test(note)),
      // Nothing is asked; what is taken on trust is said.
      ...questions.map((question) => `${question.keys.join(', ')}: assumed; ${question.text}`),
    ],
  };
  const given = labels === undefined ? undefined : parseLabels((await readGiven(labels)).toString('utf8'));
  return {
    source,
    content,
    proposed: given ? withLabels(proposed, model, given, { file: labels ?? '', name: file }) : proposed,
  };
}

/** @throws EdgeError `try.labels` */
function withLabels(
  proposed: Proposed,
  model: OnnxModel,
  labels: readonly string[],
  names: { readonly file: string; readonly name: string },
): Proposed {
  const output = outputSchema.parse(proposed.keys['output']);
  requireLabels(output, { labels, classes: countClasses(model, output), ...names });
  const isFinished = output.decoder === 'ssd' && 'classes' in output && output.classOffset === 0;
  if (!isFinished || !hasBackgroundRow(labels) || countsFromZero(model, output.classes) !== true) return proposed;
  return movedByOne(proposed, `the classes of the graph count from 0, and ${labels[0]} is the first label`);
}

/** The proposal for a model whose labels are one row further than its classes. */
export function movedByOne({ keys, notes }: Proposed, why: string): Proposed {
  const output = { ...(keys['output'] as Settings), classOffset: 1 };
  const others = notes.filter((note) => !note.startsWith('output.classOffset'));
  return { keys: { ...keys, output }, notes: [...others, `output.classOffset: 1, since ${why}`] };
}
