import path from 'node:path';
import { filesBelow } from '#packages/foundation';
import type { ModelManifest } from '#packages/model-package';
import { packagingErrors } from '../errors.ts';
import { readGiven, writeInto } from '../files.ts';
import { withModel } from './run-model.ts';

/** Name of the gallery in a package. */
export const GALLERY_FILE = 'gallery.json';

/**
 * Runs the first variant over pictures of known things and writes their vectors into the package. A picture has the name of the folder below
 * `folder` that it lies in, else its own without the ending.
 * @returns the names
 * @throws EdgeError `packaging.gallery`, `image.*`
 */
export async function makeGallery(
  dir: string,
  manifest: ModelManifest,
  folder: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (manifest.output.decoder !== 'embedding')
    throw refused(`${manifest.name} is of the task ${manifest.task}, and only models of the task embedding have one`);
  const pictures = (await filesBelow(folder).catch(() => [])).toSorted();
  if (pictures.length === 0) throw refused(`there are no pictures in ${folder}`);
  // The one of an earlier package would take part in the answers.
  const { gallery: _former, ...output } = manifest.output;
  const entries = await withModel(dir, { ...manifest, output }, manifest.variants[0], async (model) => {
    const made: { readonly name: string; readonly embedding: string | undefined }[] = [];
    for (const file of pictures) {
      signal.throwIfAborted();
      const [answer] = (await model.infer(await readPicture(path.join(folder, file)), undefined, signal)).predictions;
      made.push({ name: nameOf(file), embedding: answer?.embedding });
    }
    return made;
  });
  await writeInto(dir, GALLERY_FILE, `${JSON.stringify(entries, undefined, 1)}\n`);
  return [...new Set(entries.map(({ name }) => name))];
}

async function readPicture(file: string): Promise<Uint8Array> {
  return new Uint8Array(await readGiven(file));
}

function nameOf(file: string): string {
  const [first = '', ...below] = file.split(/[/\\]/);
  return below.length > 0 ? first : path.parse(first).name;
}

function refused(message: string): Error {
  return packagingErrors.error('packaging.gallery', `a gallery cannot be made: ${message}`);
}
