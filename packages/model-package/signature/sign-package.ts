import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import { writeAtomically } from '#packages/foundation';
import { packageErrors } from '../errors.ts';
import { SIGNATURE_FILE } from '../reading/hash-files.ts';
import { readPackage } from '../reading/read-package.ts';
import { signedBytes } from './signature-file.ts';
import type { SignatureFile } from './signature-file.ts';
import { signedClaimsSchema } from './signed-claims.ts';
import type { SignedClaims } from './signed-claims.ts';
import { keySigner } from './signer.ts';
import type { Signer } from './signer.ts';

export interface SignOptions {
  /** Of a private key. Default: its fingerprint. */
  readonly keyId?: string;
  /** Default: none. */
  readonly claims?: SignedClaims;
  readonly signal?: AbortSignal;
}

/**
 * Signs a package folder: writes `signature.json`, replacing one that is there.
 * @param key who signs, or a private key
 * @throws EdgeError `package.*` if the folder is not a complete package, `signature.bad-claims`
 */
export async function signPackage(
  dir: string,
  key: Signer | KeyObject,
  { keyId, claims, signal }: SignOptions = {},
): Promise<SignatureFile> {
  const { hashes: files } = await readPackage(dir, signal ? { signal } : {});
  const signer = 'sign' in key ? key : keySigner(key, keyId);
  const said = claims && checked(claims);
  const content =
    said === undefined ? ({ schemaVersion: 1, files } as const) : ({ schemaVersion: 2, files, claims: said } as const);
  const signature: SignatureFile = {
    ...content,
    algorithm: signer.algorithm,
    keyId: signer.keyId,
    signature: Buffer.from(await signer.sign(signedBytes(content), signal)).toString('base64'),
  };
  await writeAtomically(join(dir, SIGNATURE_FILE), `${JSON.stringify(signature, undefined, 2)}\n`);
  return signature;
}

/** Undefined for claims that say nothing. */
function checked(claims: SignedClaims): SignedClaims | undefined {
  const parsed = signedClaimsSchema.safeParse(claims);
  if (!parsed.success) {
    const reason = z.prettifyError(parsed.error).replace(/\s+/g, ' ');
    throw packageErrors.error('signature.bad-claims', `the package cannot be signed with these claims: ${reason}`);
  }
  return Object.keys(parsed.data).length === 0 ? undefined : parsed.data;
}
