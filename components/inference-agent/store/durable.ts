import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a file so that a power cut leaves either the old content or the new: temporary file, fsync, rename, fsync of the folder. */
export async function writeDurably(file: string, text: string): Promise<void> {
  const fresh = `${file}.new`;
  await writeFile(fresh, text);
  await syncFile(fresh);
  await rename(fresh, file);
  await syncFolder(dirname(file));
}

/** Moves a finished folder to its place, replacing what is there. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
  await syncFolder(dirname(to));
}

export async function syncFile(file: string): Promise<void> {
  // Windows syncs only what is open for writing; elsewhere a package's files may be read-only.
  const handle = await open(file, process.platform === 'win32' ? 'r+' : 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open folders; NTFS journals its renames.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
