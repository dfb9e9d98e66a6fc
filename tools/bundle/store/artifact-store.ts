import { copyFile, mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { isPartial, replaceAtomically } from '#packages/foundation';

/**
 * Finished artifacts by what they were made from, so that nothing unchanged is built twice and
 * the output folder can be thrown away at any time (gdk does so before each build).
 */
export class ArtifactStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Path of the artifact made from these inputs; builds it with `make` when it is not there. Older ones of that name are dropped. */
  async get(name: string, inputs: string, make: (file: string) => Promise<void>): Promise<StoredArtifact> {
    const folder = path.join(this.#folder, name);
    const file = path.join(folder, `${inputs.slice(0, 32)}${path.extname(name)}`);
    const known = await sizeOf(file);
    if (known !== undefined) return { file, bytes: known, built: false };
    await mkdir(folder, { recursive: true });
    await makeOnce(file, make);
    await dropOthers(folder, file);
    return { file, bytes: (await sizeOf(file)) ?? 0, built: true };
  }
}

export interface StoredArtifact {
  readonly file: string;
  readonly bytes: number;
  /** False when it was there already. */
  readonly built: boolean;
}

/** Puts a copy at `target`; leaves it alone when it is the same file in size and time. */
export async function place(source: string, target: string): Promise<void> {
  const [from, to] = await Promise.all([stat(source), stat(target).catch(() => undefined)]);
  // utimes rounds to less than what stat tells.
  if (to?.size === from.size && Math.abs(to.mtimeMs - from.mtimeMs) < 2) return;
  await mkdir(path.dirname(target), { recursive: true });
  const copy = async (partial: string): Promise<void> => {
    await copyFile(source, partial);
    await utimes(partial, from.atime, from.mtime);
  };
  await replaceAtomically(target, copy, { fsync: 'none' });
}

/** Of two processes that make the same artifact, the first one's stays, so that its time does not change under a reader. */
async function makeOnce(file: string, make: (file: string) => Promise<void>): Promise<void> {
  const fresh = `${file}.${process.pid}.partial`;
  try {
    await make(fresh);
    if ((await sizeOf(file)) === undefined) await rename(fresh, file);
  } finally {
    await rm(fresh, { force: true });
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  return (await stat(file).catch(() => undefined))?.size;
}

async function dropOthers(folder: string, keep: string): Promise<void> {
  const others = (await readdir(folder)).filter((name) => name !== path.basename(keep) && !isPartial(name));
  await Promise.all(others.map((name) => rm(path.join(folder, name), { force: true })));
}
