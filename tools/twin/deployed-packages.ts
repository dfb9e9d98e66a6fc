import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { MANIFEST_FILE, readPackage } from '#packages/model-package';
import type { ModelPackage } from '#packages/model-package';
import { corePaths } from '../local-core/paths.ts';

/** The model packages that the core has unpacked, by the hash that the agent shows for an active model. */
export async function deployedPackages(root: string, signal: AbortSignal): Promise<ReadonlyMap<string, ModelPackage>> {
  const { unarchived } = corePaths(root);
  const entries = await readdir(unarchived, { recursive: true, withFileTypes: true }).catch(() => []);
  const folders = entries
    .filter((entry) => entry.isFile() && entry.name === MANIFEST_FILE)
    // The runtime's node_modules hold files of any name, four levels and more below.
    .filter((entry) => path.relative(unarchived, entry.parentPath).split(path.sep).length <= 4);
  const packages = await Promise.all(
    folders.map((entry) => readPackage(entry.parentPath, { signal }).catch(() => undefined)),
  );
  return new Map(packages.flatMap((one) => (one ? [[one.hash, one] as const] : [])));
}
