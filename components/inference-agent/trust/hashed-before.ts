import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { readTextIfAny, writeAtomically } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import type { FileHashes } from '#packages/model-package';

export interface HashedBeforeOptions {
  /** Where it is written down; its folder is the agent's own. */
  readonly file: string;
  /** Changes with each start of the machine; undefined if the system does not tell, and then nothing is remembered. */
  readonly boot: string | undefined;
  readonly clock: Clock;
}

/** File systems stamp changes with the time of the last tick, so that two of them can look like one. */
const STAMP_MS = 1_000;

/**
 * Remembers that files had the hashes of a list, until one of them is touched or the machine starts again: the kernel
 * stamps every change of a file (`ctime`), which nobody but root can set. To hash 190 MB takes 0.1 to 2 s of each start.
 *
 * It tells what a restart of the agent can have changed, and not what a disk loses by itself: that shows after the next
 * start of the machine, since pages that were read once come from memory until then.
 */
export class HashedBefore {
  readonly #options: HashedBeforeOptions;

  constructor(options: HashedBeforeOptions) {
    this.#options = options;
  }

  /** @returns what to give to `keep` if the files turn out right, and whether they did before */
  async look(
    folder: string,
    hashes: FileHashes,
  ): Promise<{ readonly print: string | undefined; readonly known: boolean }> {
    const print = await this.#printOf(folder, hashes).catch(() => undefined);
    const known = print !== undefined && (await readTextIfAny(this.#options.file).catch(() => undefined)) === print;
    return { print, known };
  }

  /** A disk that takes nothing costs time at the next start, and nothing else. */
  async keep(print: string | undefined): Promise<void> {
    if (print !== undefined)
      await writeAtomically(this.#options.file, print, { fsync: 'none', mode: 0o600 }).catch(() => undefined);
  }

  async #printOf(folder: string, hashes: FileHashes): Promise<string | undefined> {
    const { boot, clock } = this.#options;
    if (boot === undefined) return undefined;
    const hash = createHash('sha256').update(JSON.stringify([boot, hashes]));
    for (const file of Object.keys(hashes)) {
      const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = await stat(path.join(folder, file), { bigint: true });
      if (Number(ctimeMs) > clock.now() - STAMP_MS) return undefined;
      hash.update([dev, ino, size, mtimeNs, ctimeNs].join(' '));
    }
    return hash.digest('hex');
  }
}

/** Linux tells it; proc_sys_kernel(5). */
export async function bootOfMachine(): Promise<string | undefined> {
  return readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined);
}
