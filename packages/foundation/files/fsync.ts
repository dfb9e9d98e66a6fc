import { open } from 'node:fs/promises';

/** Returns when a file's content is on the disk. */
export async function syncFile(file: string): Promise<void> {
  // Windows syncs only what is open for writing; elsewhere a file may be read-only.
  await sync(file, process.platform === 'win32' ? 'r+' : 'r');
}

/** Returns when the names in a folder are on the disk: new, renamed and removed ones. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open folders; NTFS journals its names.
  if (process.platform !== 'win32') await sync(folder, 'r');
}

async function sync(path: string, flags: string): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
