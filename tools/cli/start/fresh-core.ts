import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { LocalCore } from '../../local-core/local-core.ts';
import type { LocalCoreOptions } from '../../local-core/core-options.ts';
import { lockRoot } from '../../local-core/root-lock.ts';

/**
 * A core that knows nothing of earlier runs, so that every start does the same.
 *
 * @throws EdgeError `core.root-in-use` where another core works on the root
 */
export async function startFreshCore(options: LocalCoreOptions): Promise<LocalCore> {
  const lock = await lockRoot(options.root);
  try {
    const old = (await readdir(options.root)).filter((name) => name !== 'core.lock');
    await Promise.all(old.map((name) => rm(path.join(options.root, name), { recursive: true, force: true })));
  } finally {
    await lock.release();
  }
  return LocalCore.start(options);
}
