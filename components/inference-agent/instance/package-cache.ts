import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** One device runs few packages; the rest belong to versions that are gone. */
const MAX_PACKAGES = 16;

/**
 * The folder in which a package's processes keep optimised models and remembered choices. Each package has its own: what one of them
 * writes, another never reads. The packages used longest ago give up theirs.
 */
export async function packageCache(cacheDir: string, packageHash: string): Promise<string> {
  const own = join(cacheDir, packageHash.slice(0, 32));
  await mkdir(own, { recursive: true, mode: 0o700 });
  const now = new Date();
  await utimes(own, now, now);
  await sweep(cacheDir);
  return own;
}

async function sweep(cacheDir: string): Promise<void> {
  const names = await readdir(cacheDir);
  const ages = await Promise.all(
    names.map(async (name) => ({
      name,
      usedMs: (await stat(join(cacheDir, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  const old = ages.sort((a, b) => b.usedMs - a.usedMs).slice(MAX_PACKAGES);
  for (const { name } of old) await rm(join(cacheDir, name), { recursive: true, force: true });
}
