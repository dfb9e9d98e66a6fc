import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generateDeviceKey, generateSigningKey } from '#packages/model-package';
import { messageOf } from '#packages/foundation';
import { packagingErrors } from '../errors.ts';

export interface WrittenKeyPair {
  readonly keyId: string;
  /** The form for `TrustedKeys`. */
  readonly publicKey: string;
  readonly privateFile: string;
  readonly publicFile: string;
}

export type KeyPurpose = 'signing' | 'encryption';

/**
 * Makes a pair and writes `<key id>.key` (mode 600; 400 for a device) and `<key id>.pub`.
 * @param chosen only of a pair that signs
 * @throws EdgeError `signing.key-exists`
 */
export async function writeKeyPair(
  folder: string,
  chosen?: string,
  purpose: KeyPurpose = 'signing',
): Promise<WrittenKeyPair> {
  const pair = purpose === 'signing' ? generateSigningKey() : generateDeviceKey();
  const keyId = chosen ?? pair.keyId;
  const privateFile = path.join(folder, `${keyId}.key`);
  const publicFile = path.join(folder, `${keyId}.pub`);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await writeNew(publicFile, `${pair.publicKey}\n`, 0o644);
  try {
    await writeNew(privateFile, pair.privateKey, purpose === 'signing' ? 0o600 : 0o400);
  } catch (error) {
    await rm(publicFile);
    throw error;
  }
  return { keyId, publicKey: pair.publicKey, privateFile, publicFile };
}

async function writeNew(file: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(file, text, { flag: 'wx', mode });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST')
      throw packagingErrors.error('signing.key-exists', `there is a key already: ${file}`, { cause, facts: { file } });
    throw packagingErrors.error('signing.key-unreadable', `cannot write ${file}: ${messageOf(cause)}`, { cause });
  }
}
