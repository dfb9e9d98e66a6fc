import { mkdir, open, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder, writeNewFile } from '#packages/foundation';

/** Captured data are private to their reader, whom the folder's owner lets in. */
const FOLDER_MODE = 0o750;
export const FILE_MODE = 0o640;

/** Makes a folder and those above it, so that all of them are there after a loss of power. */
export async function makeFolderDurably(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  for (let made = folder; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

/** Writes a new file whose content is durable when this resolves; its name is after a sync of the folder. Fails with EEXIST. */
export function writeFileDurably(file: string, data: Uint8Array): Promise<void> {
  return writeNewFile(file, [data], FILE_MODE);
}

/** Opens a new file for writing. Fails with EEXIST. */
export function createFile(file: string) {
  return open(file, 'wx', FILE_MODE);
}

/** Removes the folders of a path that are empty, from below, up to but not including `root`. */
export async function removeEmptyFolders(root: string, path: string): Promise<void> {
  for (let level = path; level !== '.' && level !== ''; level = dirname(level)) {
    const removed = await rmdir(join(root, level)).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
