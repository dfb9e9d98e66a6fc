import { stat } from 'node:fs/promises';
import path from 'node:path';
import { filesBelow } from '#packages/foundation';
import type { ModelManifest } from '#packages/model-package';
import { packagingErrors } from '../errors.ts';
import { readGiven } from '../files.ts';

/** The word for `--baseline` that takes the golden inputs of the package. */
export const GOLDEN_SET = 'golden';

/** Pictures of a reference set as the user names it. */
export interface ReferenceSet {
  readonly pictures: readonly string[];
  /** Whether these are the package's golden inputs. */
  readonly isGolden: boolean;
}

/**
 * Pictures to make a baseline of: every file below a folder, the paths that a text file lists, one a line and relative to it, or with
 * `golden` the golden inputs of the package.
 *
 * @param dir of the package
 * @throws EdgeError `packaging.baseline`, `packaging.file-unreadable`
 */
export async function referenceSet(given: string, dir: string, { golden }: ModelManifest): Promise<ReferenceSet> {
  if (given === GOLDEN_SET) return { pictures: golden.map(({ input }) => path.join(dir, input)), isGolden: true };
  return { pictures: await givenPictures(given), isGolden: false };
}

/** As `referenceSet`, for a folder or a list. */
export async function givenPictures(given: string): Promise<readonly string[]> {
  const found = await stat(given).catch(() => undefined);
  if (!found) throw packagingErrors.error('packaging.baseline', `there is no folder or list of pictures at ${given}`);
  if (found.isDirectory()) return (await filesBelow(given)).map((file) => path.join(given, file));
  const lines = (await readGiven(given)).toString('utf8').split(/\r?\n/);
  return lines
    .map((line) => line.trim())
    .flatMap((line) => (line === '' ? [] : [path.resolve(path.dirname(given), line)]));
}
