import { mkdir, open, readdir, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { syncFolder } from '../../store/durable.ts';

/** Captured data are nobody's business but their reader's, whom the folder's owner lets in. */
const FOLDER_MODE = 0o750;
const FILE_MODE = 0o640;

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
export async function writeFileDurably(file: string, data: Uint8Array): Promise<void> {
  const handle = await open(file, 'wx', FILE_MODE);
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Opens a new file for writing. Fails with EEXIST. */
export function createFile(file: string) {
  return open(file, 'wx', FILE_MODE);
}

/** Files below a folder, with their paths from it, separated by `/`. Nothing where there is no folder. */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const found = await Promise.all(
    entries.map(async (entry) => {
      if (entry.isFile()) return [entry.name];
      if (!entry.isDirectory()) return [];
      const below = await filesBelow(join(folder, entry.name));
      return below.map((name) => `${entry.name}/${name}`);
    }),
  );
  return found.flat().sort();
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

/** Whether a file was not there. */
export function isMissing(thrown: unknown): boolean {
  return (thrown as NodeJS.ErrnoException | null)?.code === 'ENOENT';
}
