import { createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { canonicalJson } from '../canonical-json.ts';
import { SIGNATURE_FILE } from '../reading/hash-files.ts';
import type { FileHashes } from '../reading/hash-files.ts';
import { readPackage } from '../reading/read-package.ts';
import { keyIdOf } from './keys.ts';
import type { SignatureFile } from './signature-file.ts';

/**
 * Signs a package folder: writes `signature.json`, replacing one that is there.
 * @param keyId default: fingerprint of the key
 * @throws EdgeError `package.*` where the folder is no complete package
 */
export async function signPackage(dir: string, privateKey: KeyObject, keyId?: string): Promise<SignatureFile> {
  const { hashes } = await readPackage(dir);
  const signature = signHashes(hashes, privateKey, keyId);
  await writeFile(join(dir, SIGNATURE_FILE), `${JSON.stringify(signature, undefined, 2)}\n`);
  return signature;
}

/** Ed25519 (RFC 8032) over the canonical JSON of all file hashes. */
export function signHashes(hashes: FileHashes, privateKey: KeyObject, keyId?: string): SignatureFile {
  return {
    schemaVersion: 1,
    algorithm: 'Ed25519',
    keyId: keyId ?? keyIdOf(createPublicKey(privateKey)),
    files: hashes,
    signature: sign(null, Buffer.from(canonicalJson(hashes)), privateKey).toString('base64'),
  };
}
