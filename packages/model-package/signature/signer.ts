import { createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { algorithmOf, keyIdOf } from './keys.ts';
import type { SignatureAlgorithm } from './keys.ts';

/** The holder of a private key: this process, or a service that never hands it out. */
export interface Signer {
  readonly algorithm: SignatureAlgorithm;
  /** Written into signature.json; devices look their trusted key up by it. */
  readonly keyId: string;
  /** Over the bytes themselves; ECDSA signatures in DER (ASN.1 ECDSA-Sig-Value, RFC 3279). */
  sign(bytes: Uint8Array, signal?: AbortSignal): Promise<Uint8Array>;
}

/** Signs with a key of this process. @param keyId default: fingerprint of the key @throws EdgeError `signature.bad-key` */
export function keySigner(privateKey: KeyObject, keyId?: string): Signer {
  const algorithm = algorithmOf(privateKey, 'private key');
  return {
    algorithm,
    keyId: keyId ?? keyIdOf(createPublicKey(privateKey)),
    sign: (bytes) => Promise.resolve(sign(DIGESTS[algorithm], bytes, privateKey)),
  };
}

/** Ed25519 hashes by itself. */
export const DIGESTS: Readonly<Record<SignatureAlgorithm, string | null>> = {
  Ed25519: null,
  'ECDSA-P256-SHA256': 'sha256',
};
