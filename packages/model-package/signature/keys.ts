import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { messageOf } from '#packages/foundation';
import { packageErrors } from '../errors.ts';

/** Ed25519 (RFC 8032) with keys of one's own; ECDSA over P-256 with SHA-256 (FIPS 186-5), which AWS KMS can make. */
export const SIGNATURE_ALGORITHMS = ['Ed25519', 'ECDSA-P256-SHA256'] as const;
export type SignatureAlgorithm = (typeof SIGNATURE_ALGORITHMS)[number];

export interface KeyPairText {
  readonly keyId: string;
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  /** The 32 raw bytes in base64: the form for `TrustedKeys`. */
  readonly publicKey: string;
}

/** A fresh Ed25519 pair (RFC 8032). */
export function generateSigningKey(): KeyPairText {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    keyId: keyIdOf(publicKey),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKeyText(publicKey),
  };
}

/** First 16 hexadecimal digits of SHA-256 of the public key: of its 32 raw bytes (Ed25519), else of its SubjectPublicKeyInfo. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256').update(keyBytes(publicKey)).digest('hex').slice(0, 16);
}

/** The form for `TrustedKeys`: base64 of the 32 raw bytes (Ed25519), else of the SubjectPublicKeyInfo. */
export function publicKeyText(publicKey: KeyObject): string {
  return keyBytes(publicKey).toString('base64');
}

/** The algorithm of a key, private or public. @throws EdgeError `signature.bad-key` */
export function algorithmOf(key: KeyObject, name = 'key'): SignatureAlgorithm {
  if (key.asymmetricKeyType === 'ed25519') return 'Ed25519';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (key.asymmetricKeyType === 'ec' && curve === 'prime256v1') return 'ECDSA-P256-SHA256';
  const what = [key.asymmetricKeyType ?? key.type, curve].filter((part) => part !== undefined).join(' ');
  throw packageErrors.error('signature.bad-key', `the ${name} is ${what}, neither Ed25519 nor ECDSA on P-256`);
}

/** Takes PEM. @throws EdgeError `signature.bad-key` */
export function parsePrivateKey(text: string): KeyObject {
  return supported('private key', () => createPrivateKey(text));
}

/** Takes PEM, or in base64 32 raw bytes of Ed25519 or a SubjectPublicKeyInfo. @throws EdgeError `signature.bad-key` */
export function parsePublicKey(text: string, name = 'public key'): KeyObject {
  return supported(name, () => {
    if (text.includes('-----BEGIN')) return createPublicKey(text);
    const bytes = Buffer.from(text.trim(), 'base64');
    const der = bytes.length === RAW_KEY_BYTES ? Buffer.concat([SPKI_PREFIX, bytes]) : bytes;
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  });
}

/** SubjectPublicKeyInfo of Ed25519 up to the 32 key bytes (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const RAW_KEY_BYTES = 32;

function keyBytes(publicKey: KeyObject): Buffer {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return publicKey.asymmetricKeyType === 'ed25519' ? spki.subarray(-RAW_KEY_BYTES) : spki;
}

function supported(name: string, read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw packageErrors.error('signature.bad-key', `the ${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
  algorithmOf(key, name);
  return key;
}
