import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheKey } from './cache-key.ts';
import { PackageCache } from './package-cache.ts';

/** One device runs few packages; the rest belong to versions that are gone. */
const MAX_PACKAGES = 16;
const NAME = /^[0-9a-f]{32}$/;
const SCRATCH = 'scratch';

/** The caches of all packages: `<folder>/<package>/…`, readable by the agent's user alone, and the key that seals them. */
export class ModelCaches {
  readonly #folder: string;
  readonly #key: Buffer;

  /**
   * Makes the folder, and removes what an interrupted opening left.
   * @throws the system's error if it cannot be written
   */
  static async open(folder: string): Promise<ModelCaches> {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    await rm(join(folder, SCRATCH), { recursive: true, force: true });
    return new ModelCaches(folder, await cacheKey(join(folder, 'key')));
  }

  private constructor(folder: string, key: Buffer) {
    this.#folder = folder;
    this.#key = key;
  }

  /** The packages used longest ago give up theirs. @throws the system's error */
  async of(packageHash: string): Promise<PackageCache> {
    const own = join(this.#folder, packageHash.slice(0, 32));
    const scratch = join(this.#folder, SCRATCH, randomUUID());
    const cache = await PackageCache.open(own, scratch, packageHash, this.#key);
    const now = new Date();
    await utimes(own, now, now);
    await this.#sweep();
    return cache;
  }

  async #sweep(): Promise<void> {
    const names = (await readdir(this.#folder)).filter((name) => NAME.test(name));
    const ages = await Promise.all(
      names.map(async (name) => ({
        name,
        usedMs: (await stat(join(this.#folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
      })),
    );
    const old = ages.sort((a, b) => b.usedMs - a.usedMs).slice(MAX_PACKAGES);
    for (const { name } of old) await rm(join(this.#folder, name), { recursive: true, force: true });
  }
}
