import path from 'node:path';
import { filesBelow } from '#packages/foundation';
import type { ZipEntry } from './zip-entry.ts';

/** Every file below a folder, under its path from there. */
export async function folderEntries(folder: string): Promise<readonly ZipEntry[]> {
  const names = await filesBelow(folder);
  return names.map((name) => ({ path: name, content: { file: path.join(folder, name) } }));
}
