import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DATA_KEY_BYTES, MANIFEST_FILE, sealFile } from '#packages/model-package';
import type { Encryption, ModelManifest } from '#packages/model-package';
import { externalFiles } from '#packages/onnx';
import type { Recipient } from './recipients.ts';

/**
 * Encrypts the models of a package folder in place, with the weights that lie beside them, under a fresh key that each recipient gets, and says so in
 * its model.json. model.json itself, labels and golden cases are not encrypted.
 * @throws EdgeError `packaging.kms`
 */
export async function encryptPackage(
  dir: string,
  manifest: ModelManifest,
  recipients: readonly Recipient[],
  signal: AbortSignal,
): Promise<void> {
  const dataKey = randomBytes(DATA_KEY_BYTES);
  const files = await modelFiles(dir, manifest);
  for (const file of files) {
    signal.throwIfAborted();
    const whole = path.join(dir, file);
    await writeFile(whole, sealFile(await readFile(whole), file, dataKey));
  }
  const keys = await Promise.all(recipients.map((recipient) => recipient.wrap(dataKey, signal)));
  const encryption: Encryption = { algorithm: 'AES-256-GCM', files: [...files], keys };
  const manifestFile = path.join(dir, MANIFEST_FILE);
  const written = JSON.parse(await readFile(manifestFile, 'utf8')) as object;
  await writeFile(manifestFile, `${JSON.stringify({ ...written, encryption }, undefined, 2)}\n`);
}

async function modelFiles(dir: string, manifest: ModelManifest): Promise<readonly string[]> {
  const files = new Set<string>();
  for (const { file } of manifest.variants) {
    files.add(file);
    for (const location of externalFiles(await readFile(path.join(dir, file))))
      files.add(path.posix.join(path.posix.dirname(file), location.replaceAll('\\', '/')));
  }
  return [...files].sort();
}
