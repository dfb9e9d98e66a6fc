import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { hashFile, messageOf } from '#packages/foundation';
import { canonicalJson } from '../canonical-json.ts';
import { packageErrors } from '../errors.ts';
import type { PackageFile } from './list-files.ts';

/** Path in the package → SHA-256 of the file, hexadecimal. */
export type FileHashes = Readonly<Record<string, string>>;

/** The one file that the hashes leave out, since it holds them. */
export const SIGNATURE_FILE = 'signature.json';

/**
 * Hashes of all files but `signature.json`.
 * @param known hashes of files that were read already: they are not read again
 */
export async function hashFiles(
  dir: string,
  files: readonly Pick<PackageFile, 'path'>[],
  signal?: AbortSignal,
  known: ReadonlyMap<string, string> = new Map(),
): Promise<FileHashes> {
  const hashes: Record<string, string> = {};
  for (const { path } of files) {
    if (path !== SIGNATURE_FILE) hashes[path] = known.get(path) ?? (await hashOf(dir, path, signal));
  }
  return hashes;
}

/** One hash for the whole package: SHA-256 over the canonical JSON of its file hashes. */
export function packageHash(hashes: FileHashes): string {
  return createHash('sha256').update(canonicalJson(hashes)).digest('hex');
}

async function hashOf(dir: string, path: string, signal?: AbortSignal): Promise<string> {
  try {
    return await hashFile(join(dir, path), { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw packageErrors.error(
      'package.unreadable',
      `cannot read "${path}" of the package ${dir}: ${messageOf(cause)}`,
      {
        cause,
        facts: { package: dir, file: path },
      },
    );
  }
}
