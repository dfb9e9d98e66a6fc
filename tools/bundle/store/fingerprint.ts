import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** SHA-256, hexadecimal, over the names and contents of files, folders (whole) and literal texts. Missing files count as absent. */
export async function fingerprint(parts: readonly FingerprintPart[]): Promise<string> {
  const hash = createHash('sha256');
  for (const part of parts) {
    if ('text' in part) hash.update(`text:${part.text.length}:${part.text}`);
    else for (const file of await filesBelow(part.path, part.only)) await addFile(hash, part.path, file);
  }
  return hash.digest('hex');
}

export type FingerprintPart =
  | { readonly text: string }
  /** A file, or a folder with all files whose name matches `only`. */
  | { readonly path: string; readonly only?: RegExp };

/** Every file at or below a path, sorted, as absolute paths. */
export async function filesBelow(root: string, only: RegExp = /./): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOTDIR') return undefined;
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  if (!entries) return [root];
  return entries
    .filter((entry) => entry.isFile() && only.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

async function addFile(hash: ReturnType<typeof createHash>, root: string, file: string): Promise<void> {
  const content = await readFile(file);
  hash.update(`file:${path.relative(root, file)}:${content.length}:`).update(content);
}
