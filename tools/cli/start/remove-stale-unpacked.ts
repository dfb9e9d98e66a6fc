import type { Stats } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { CorePaths } from '../../local-core/paths.ts';

/**
 * Removes what was unpacked of artifacts that were built again under the same version. The nucleus writes an entry of an archive only
 * if the file is missing or of another size, so a change of the code that keeps the size would never arrive.
 */
export async function removeStaleUnpacked(
  { artifacts: stored, unarchived }: Pick<CorePaths, 'artifacts' | 'unarchived'>,
  built: string,
): Promise<void> {
  for (const name of await namesIn(stored)) {
    for (const version of await namesIn(path.join(stored, name))) {
      if (await isAsBuilt(path.join(stored, name, version), path.join(built, name, version))) continue;
      await rm(path.join(unarchived, name, version), { recursive: true, force: true });
    }
  }
}

/** The core takes a file again by the same signs. Files that are not built here any more are kept. */
async function isAsBuilt(stored: string, built: string): Promise<boolean> {
  for (const file of await namesIn(stored)) {
    const [old, now] = await Promise.all([path.join(stored, file), path.join(built, file)].map(factsOf));
    if (old && now && (old.size !== now.size || Math.abs(old.mtimeMs - now.mtimeMs) >= 1)) return false;
  }
  return true;
}

function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

function factsOf(file: string): Promise<Stats | undefined> {
  return stat(file).catch(() => undefined);
}
