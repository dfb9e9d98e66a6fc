import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { corePaths } from '../../local-core/paths.ts';
import { lockRoot } from '../../local-core/root-lock.ts';
import { removeStaleUnpacked } from './remove-stale-unpacked.ts';

export interface RootPreparation {
  /** Nothing of earlier starts stays. */
  readonly fresh: boolean;
  /** Artifacts of the build that is going to be deployed. */
  readonly artifacts: string;
}

/**
 * Makes the root of the core ready for a start: empty, or with all that earlier starts have left but what the build has replaced.
 *
 * @throws EdgeError `core.root-in-use` if another core works on the root
 */
export async function prepareRoot(root: string, { fresh, artifacts }: RootPreparation): Promise<void> {
  const lock = await lockRoot(root);
  try {
    if (!fresh) return await removeStaleUnpacked(corePaths(root), artifacts);
    const old = (await readdir(root)).filter((name) => name !== 'core.lock');
    await Promise.all(old.map((name) => rm(path.join(root, name), { recursive: true, force: true })));
  } finally {
    await lock.release();
  }
}
