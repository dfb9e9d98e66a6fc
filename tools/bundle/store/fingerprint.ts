import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { filesBelow } from '#packages/foundation';

/** SHA-256, hexadecimal, over the names and contents of files, folders (whole) and literal texts. Missing files count as absent. */
export async function fingerprint(parts: readonly FingerprintPart[]): Promise<string> {
  const hash = createHash('sha256');
  for (const part of parts) {
    if ('text' in part) hash.update(`text:${part.text.length}:${part.text}`);
    else for (const file of await filesAt(part.path, part.only)) await addFile(hash, part.path, file);
  }
  return hash.digest('hex');
}

export type FingerprintPart =
  | { readonly text: string }
  /** A file, or a folder with all files whose name matches `only`. */
  | { readonly path: string; readonly only?: RegExp };

async function filesAt(root: string, only: RegExp = /./): Promise<readonly string[]> {
  const names = await filesBelow(root).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (!names) return [root];
  return names.filter((name) => only.test(path.basename(name))).map((name) => path.join(root, name));
}

async function addFile(hash: ReturnType<typeof createHash>, root: string, file: string): Promise<void> {
  const content = await readFile(file);
  hash.update(`file:${path.relative(root, file)}:${content.length}:`).update(content);
}
