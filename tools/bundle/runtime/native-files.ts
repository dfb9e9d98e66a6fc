import { createHash } from 'node:crypto';
import { hashFile } from '#packages/foundation';
import { signFiles } from '#packages/model-package';
import type { Signer } from '#packages/model-package';
import { NATIVE_FILES } from '../../../components/runtime/runtime-manifest.ts';
import type { ZipEntry } from '../zip/zip-entry.ts';

/** Libraries, addons, WebAssembly and Node.js itself: what runs on the processor as it is. */
const NATIVE = /\.(node|so(\.[\d.]+)?|dll|dylib|exe|wasm)$|(^|\/)bin\/node$/;

/** The list of a runtime's native files with their SHA-256, signed if there is a signer. */
export async function nativeFilesEntry(entries: readonly ZipEntry[], signer: Signer | undefined): Promise<ZipEntry> {
  const files: Record<string, string> = {};
  for (const { path, content } of entries) {
    if (!NATIVE.test(path)) continue;
    files[path] = 'file' in content ? await hashFile(content.file) : createHash('sha256').update(content).digest('hex');
  }
  const list = signer ? await signFiles(files, signer) : { files };
  return { path: NATIVE_FILES, content: Buffer.from(`${JSON.stringify(list, null, 2)}\n`) };
}
