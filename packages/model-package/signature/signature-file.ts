import { z } from 'zod';

import { packageErrors } from '../errors.ts';
import { SIGNATURE_ALGORITHMS } from './keys.ts';

const hexHash = z.string().regex(/^[0-9a-f]{64}$/, 'SHA-256 in hexadecimal');

const signatureFileSchema = z.strictObject({
  schemaVersion: z.literal(1),
  algorithm: z.enum(SIGNATURE_ALGORITHMS),
  keyId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/),
  /** Path → SHA-256 of every file but `signature.json`. */
  files: z.record(z.string(), hexHash),
  /** Over the canonical JSON of `files`, in base64: 64 bytes (Ed25519), DER (ECDSA). */
  signature: z.base64(),
});

/** Contents of `signature.json`. */
export type SignatureFile = Readonly<z.infer<typeof signatureFileSchema>>;

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
