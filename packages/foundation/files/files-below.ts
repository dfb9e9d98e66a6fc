import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { isMissing } from './missing.ts';

/**
 * Plain files below a folder, at any depth, as sorted paths from it with `/` between the parts. Links are not followed.
 * A folder that is not there has none, also one that is removed meanwhile.
 */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (isMissing(error)) return [];
    throw error;
  });
  const found = await Promise.all(
    entries.map(async (entry) => {
      if (entry.isFile()) return [entry.name];
      if (!entry.isDirectory()) return [];
      const below = await filesBelow(path.join(folder, entry.name));
      return below.map((name) => `${entry.name}/${name}`);
    }),
  );
  return found.flat().sort();
}
