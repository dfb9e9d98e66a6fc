import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { FolderEntry, OpenFile, SpoolFolder } from './spool-folder.ts';

/** Files of the spool are nobody else's business. */
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
    write: (name, chunks) => writeDurably(at(name), chunks),
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

async function writeDurably(file: string, chunks: readonly Uint8Array[]): Promise<void> {
  const handle = await open(file, 'wx', FILE_MODE);
  try {
    for (const chunk of chunks) await writeAll(handle, chunk);
    await handle.sync();
  } catch (thrown) {
    await handle.close().catch(() => undefined);
    await rm(file, { force: true }).catch(() => undefined);
    throw thrown;
  }
  await handle.close();
}

/** A file's name is durable when its folder is synced. Windows has no such call; NTFS keeps names in its own journal. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function openFile(handle: FileHandle): OpenFile {
  let closed: Promise<void> | undefined;
  return {
    write: (at, bytes) => writeAll(handle, bytes, at),
    sync: () => handle.datasync(),
    close: () => (closed ??= handle.close()),
  };
}

/** A write may take less than it is given, above all when the disk is nearly full. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, at?: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const place = at === undefined ? null : at + done;
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, place);
    done += bytesWritten;
  }
}
