import * as z from 'zod';

import { canonicalJson } from '../canonical-json.ts';
import { packageErrors } from '../errors.ts';
import { SIGNATURE_ALGORITHMS } from './keys.ts';
import { signedClaimsSchema } from './signed-claims.ts';
import type { SignedClaims } from './signed-claims.ts';

const hexHash = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in hexadecimal');

const common = {
  algorithm: z.enum(SIGNATURE_ALGORITHMS),
  keyId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/),
  /** Path → SHA-256 of every file but `signature.json`. */
  files: z.record(z.string(), hexHash),
  /** Over `signedBytes`, in base64: 64 bytes (Ed25519), DER (ECDSA). */
  signature: z.base64(),
};

const signatureFileSchema = z.discriminatedUnion('schemaVersion', [
  z.strictObject({ schemaVersion: z.literal(1), ...common }),
  /** With claims; agents that do not know them refuse the file. */
  z.strictObject({ schemaVersion: z.literal(2), ...common, claims: signedClaimsSchema }),
]);

/** Contents of `signature.json`. */
export type SignatureFile = Readonly<z.infer<typeof signatureFileSchema>>;

/**
 * The signed bytes: the canonical JSON of the hashes, or of hashes, claims and version together. Neither can pass for the other, since
 * a hash is a text.
 */
export function signedBytes(file: Pick<SignatureFile, 'files'> & { readonly claims?: SignedClaims }): Buffer {
  const { files, claims } = file;
  return Buffer.from(canonicalJson(claims === undefined ? files : { schemaVersion: 2, files, claims: { ...claims } }));
}

/** @throws EdgeError `signature.malformed` */
export function parseSignatureFile(text: string): SignatureFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw packageErrors.error('signature.malformed', 'signature.json is not JSON', { cause });
  }
  const parsed = signatureFileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `/${issue.path.join('/')}: ${issue.message}`).join('; ');
  throw packageErrors.error('signature.malformed', `signature.json is not valid: ${problems}`);
}
