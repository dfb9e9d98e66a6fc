import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { writeAtomically } from '#packages/foundation';
import { canonicalJson } from '../canonical-json.ts';
import { SIGNATURE_FILE } from '../reading/hash-files.ts';
import type { FileHashes } from '../reading/hash-files.ts';
import { readPackage } from '../reading/read-package.ts';
import type { SignatureFile } from './signature-file.ts';
import { keySigner } from './signer.ts';
import type { Signer } from './signer.ts';

/**
 * Signs a package folder: writes `signature.json`, replacing one that is there.
 * @param key who signs, or a private key
 * @param keyId of a private key; default: fingerprint of the key
 * @throws EdgeError `package.*` where the folder is no complete package
 */
export async function signPackage(
  dir: string,
  key: Signer | KeyObject,
  keyId?: string,
  signal?: AbortSignal,
): Promise<SignatureFile> {
  const { hashes } = await readPackage(dir, signal ? { signal } : {});
  const signature = await signHashes(hashes, 'sign' in key ? key : keySigner(key, keyId), signal);
  await writeAtomically(join(dir, SIGNATURE_FILE), `${JSON.stringify(signature, undefined, 2)}\n`);
  return signature;
}

/** Over the canonical JSON of all file hashes. */
async function signHashes(hashes: FileHashes, signer: Signer, signal?: AbortSignal): Promise<SignatureFile> {
  const bytes = Buffer.from(canonicalJson(hashes));
  return {
    schemaVersion: 1,
    algorithm: signer.algorithm,
    keyId: signer.keyId,
    files: hashes,
    signature: Buffer.from(await signer.sign(bytes, signal)).toString('base64'),
  };
}
