import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, writeAt, writeNewFile } from '#packages/foundation';
import type { FolderEntry, OpenFile, SpoolFolder } from './spool-folder.ts';

/** Files of the spool are private to this user. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** A folder on a real disk, made when it is not there. */
export async function diskFolder(folder: string): Promise<SpoolFolder> {
  await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  const at = (name: string): string => path.join(folder, name);
  return {
    list: async () => {
      const names = await readdir(folder);
      const entries = await Promise.all(names.map((name) => entryOf(at(name), name)));
      return entries.filter((entry) => entry !== undefined);
    },
    read: (name) => readFile(at(name)),
    write: (name, chunks) => writeNewFile(at(name), chunks, FILE_MODE),
    rename: (from, to) => rename(at(from), at(to)),
    remove: (name) => rm(at(name), { force: true }),
    sync: () => syncFolder(folder),
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },
    open: async (name) => openFile(await open(at(name), 'r+')),
  };
}

async function entryOf(file: string, name: string): Promise<FolderEntry | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? { name, bytes: found.size } : undefined;
}

function openFile(handle: FileHandle): OpenFile {
  let closed: Promise<void> | undefined;
  return {
    write: (at, bytes) => writeAt(handle, bytes, at),
    sync: () => handle.datasync(),
    close: () => (closed ??= handle.close()),
  };
}
