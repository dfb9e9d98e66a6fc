import path from 'node:path';
import { filesBelow } from '#packages/foundation';
import { MANIFEST_FILE, readPackage } from '#packages/model-package';
import type { ModelPackage } from '#packages/model-package';
import { corePaths } from '../local-core/paths.ts';

/** The model packages that the core has unpacked, by the hash that the agent shows for an active model. */
export async function deployedPackages(root: string, signal: AbortSignal): Promise<ReadonlyMap<string, ModelPackage>> {
  const { unarchived } = corePaths(root);
  const files = await filesBelow(unarchived).catch(() => []);
  const folders = files
    .filter((file) => path.basename(file) === MANIFEST_FILE)
    .map((file) => path.dirname(file))
    // The runtime's node_modules hold files of any name, four levels and more below.
    .filter((folder) => folder.split('/').length <= 4);
  const packages = await Promise.all(
    folders.map((folder) => readPackage(path.join(unarchived, folder), { signal }).catch(() => undefined)),
  );
  return new Map(packages.flatMap((one) => (one ? [[one.hash, one] as const] : [])));
}
