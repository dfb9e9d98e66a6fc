import { randomBytes } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { syncFile, syncFolder } from './fsync.ts';

/**
 * The files that a loss of power may leave. After a crash of the process alone it is always the old file or the new one.
 * - `none`: the old file, the new one or an empty one. For what can be made again, and for what is written often.
 * - `file`: the old file or the new one.
 * - `folder`: the new file, from the moment the call returns.
 */
export type Fsync = 'none' | 'file' | 'folder';

export interface ReplaceOptions {
  /** Default `file`. */
  readonly fsync?: Fsync;
  /** Where the new file is written first, on the same disk. Default: beside the file, under its own name. */
  readonly partial?: string;
}

export interface WriteOptions extends ReplaceOptions {
  /** Bits of the file's mode. Default: 0o666, less the umask of the process. */
  readonly mode?: number;
}

/** Writes a file, or replaces it: readers see the old content or the new, never a part. The folder must be there. */
export async function writeAtomically(
  file: string,
  content: string | Uint8Array,
  { mode, ...options }: WriteOptions = {},
): Promise<void> {
  await replaceAtomically(file, (partial) => writeFile(partial, content, mode === undefined ? {} : { mode }), options);
}

/**
 * Does the same with a file that `write` makes, for content that is streamed or copied.
 *
 * @param write makes the whole file under the name it is given
 */
export async function replaceAtomically(
  file: string,
  write: (partial: string) => Promise<unknown>,
  { fsync = 'file', partial = `${file}.${randomBytes(4).toString('hex')}${PARTIAL}` }: ReplaceOptions = {},
): Promise<void> {
  try {
    await write(partial);
    if (fsync !== 'none') await syncFile(partial);
    await rename(partial, file);
  } catch (thrown) {
    await rm(partial, { force: true }).catch(() => undefined);
    throw thrown;
  }
  if (fsync === 'folder') await syncFolder(path.dirname(file));
}

/** Whether a name is that of a file in the making, or of one that a lost process has left. */
export function isPartial(name: string): boolean {
  return name.endsWith(PARTIAL);
}

const PARTIAL = '.partial';
