import * as z from 'zod';

const base64 = z.string().regex(/^[A-Za-z0-9+/]{4,8192}={0,2}$/, 'base64');

/** The data key, for whoever holds the private key of a device or a fleet. */
const deviceKeySchema = z.strictObject({
  kind: z.literal('device'),
  /** Fingerprint of the public key; the private one lies under this name on the device. */
  keyId: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/, 'id of a key'),
  wrapped: base64,
});

/** The data key, for whoever may ask AWS KMS to decrypt with a key. */
const kmsKeySchema = z.strictObject({
  kind: z.literal('kms'),
  keyArn: z.string().regex(/^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]{1,64}$/, 'ARN of a key of AWS KMS'),
  /** Ciphertext of KMS. */
  wrapped: base64,
});

/** @param path schema of a path in the package */
export function encryptionSchema(path: z.ZodString) {
  return z.strictObject({
    algorithm: z.literal('AES-256-GCM'),
    /** These files are encrypted, all others are not. */
    files: z.array(path).min(1).max(256),
    /** The same data key, once for each who may have it. */
    keys: z
      .array(z.discriminatedUnion('kind', [deviceKeySchema, kmsKeySchema]))
      .min(1)
      .max(64),
  });
}

export type Encryption = Readonly<z.infer<ReturnType<typeof encryptionSchema>>>;
export type WrappedKey = Encryption['keys'][number];
