import type { FileHashes } from '../reading/hash-files.ts';
import { parseSignatureFile, signedBytes } from './signature-file.ts';
import type { SignatureFile } from './signature-file.ts';
import type { Signer } from './signer.ts';
import { verifySignature } from './verify-package.ts';
import type { SignatureVerdict, Trust } from './verify-package.ts';

/** Signs the hashes of files that are not a model package, in the form of `signature.json`. */
export async function signFiles(files: FileHashes, signer: Signer): Promise<SignatureFile> {
  const content = { schemaVersion: 1, files } as const;
  const signature = Buffer.from(await signer.sign(signedBytes(content))).toString('base64');
  return { ...content, algorithm: signer.algorithm, keyId: signer.keyId, signature };
}

/**
 * The hashes that a trusted key has signed, and whether one has.
 * @param text of a `signature.json`
 * @throws EdgeError `signature.malformed`, `signature.invalid`; under the policy `require` also for a key that is not trusted
 */
export async function verifySignedFiles(
  text: string,
  trust: Trust,
): Promise<{ readonly files: FileHashes; readonly verdict: SignatureVerdict }> {
  const signature = parseSignatureFile(text);
  return { files: signature.files, verdict: await verifySignature(signature, trust, 'the list of files') };
}
