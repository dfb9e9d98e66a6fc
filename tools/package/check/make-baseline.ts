import path from 'node:path';
import { isEdgeError } from '#packages/foundation';
import { MAX_BASELINE_BYTES, Sketch } from '#packages/drift';
import type { ModelManifest } from '#packages/model-package';
import { holdsTensors } from '#packages/vision';
import type { Inference, LoadedModel } from '#packages/vision';
import { schemaId } from '../../bundle/schema-files.ts';
import { packagingErrors } from '../errors.ts';
import { readGiven, writeInto } from '../files.ts';
import { withModel } from './run-model.ts';

/** Name of the baseline in a package. */
export const BASELINE_FILE = 'baseline.json';
/** Fewer pictures say too little of distributions: only a camera in the dark and its like are found with them. */
const WEAK_BELOW = 100;
/** Pictures left out that a note names. */
const NAMED = 3;

export interface MadeBaseline {
  readonly images: number;
  readonly weak: boolean;
  /** For a person to read. */
  readonly notes: readonly string[];
}

/**
 * Runs the first variant over pictures of what the model will see, and writes what they and its answers look like into the package.
 * Files that are not pictures are left out.
 *
 * @param pictures paths; the order does not matter
 * @param areChosen whether the pictures were chosen, as golden inputs are: what is usual does not show in them
 * @throws EdgeError `packaging.baseline`
 */
export async function makeBaseline(
  dir: string,
  manifest: ModelManifest,
  pictures: readonly string[],
  areChosen: boolean,
  signal: AbortSignal,
): Promise<MadeBaseline> {
  if (!manifest.input) throw refused(`${manifest.name} does not take pictures (model.json does not have an "input")`);
  const sketch = new Sketch();
  const leftOut: string[] = [];
  await withModel(dir, manifest, manifest.variants[0], async (model) => {
    for (const file of pictures) {
      signal.throwIfAborted();
      const answer = holdsTensors(file, manifest) ? undefined : await answerOf(model, file, signal);
      if (answer) sketch.add(answer);
      else leftOut.push(path.basename(file));
    }
  });
  if (sketch.images === 0)
    throw refused(`none of the ${pictures.length} files of the reference set is a picture that can be read`);
  const weak = areChosen || sketch.images < WEAK_BELOW;
  const json = { $schema: schemaId('baseline'), schemaVersion: 1, weak, leftOut: leftOut.length, sketch };
  const text = `${JSON.stringify(json)}\n`;
  if (text.length > MAX_BASELINE_BYTES)
    throw refused(`the baseline takes ${text.length} bytes, over ${MAX_BASELINE_BYTES}`);
  await writeInto(dir, BASELINE_FILE, text);
  return { images: sketch.images, weak, notes: notesOf(sketch.images, areChosen, leftOut) };
}

/** Undefined if the file is not a picture. */
async function answerOf(model: LoadedModel, file: string, signal: AbortSignal): Promise<Inference | undefined> {
  const bytes = new Uint8Array(await readGiven(file));
  try {
    return await model.infer(bytes, undefined, signal);
  } catch (thrown) {
    if (isEdgeError(thrown) && thrown.code.startsWith('image.')) return undefined;
    throw thrown;
  }
}

function notesOf(images: number, areChosen: boolean, leftOut: readonly string[]): readonly string[] {
  const why = areChosen ? 'of golden inputs' : `of ${images} pictures, under ${WEAK_BELOW}`;
  const names = `${leftOut.slice(0, NAMED).join(', ')}${leftOut.length > NAMED ? ', …' : ''}`;
  return [
    ...(areChosen || images < WEAK_BELOW
      ? [`the baseline is weak (${why}): it shows a camera in the dark, and little of slower drift`]
      : []),
    ...(leftOut.length > 0 ? [`${leftOut.length} files of the reference set are not pictures: ${names}`] : []),
  ];
}

function refused(message: string): Error {
  return packagingErrors.error('packaging.baseline', message);
}
