import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import { messageOf } from '../../../common/errors/edge-error.ts';
import { signatureErrors } from './errors.ts';

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
    publicKey: rawPublicKey(publicKey).toString('base64'),
  };
}

/** First 16 hexadecimal digits of SHA-256 of the raw public key. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256').update(rawPublicKey(publicKey)).digest('hex').slice(0, 16);
}

/** Takes PEM. @throws EdgeError `signature.bad-key` */
export function parsePrivateKey(text: string): KeyObject {
  return ed25519('private key', () => createPrivateKey(text));
}

/** Takes PEM, or 32 raw bytes or SubjectPublicKeyInfo in base64. @throws EdgeError `signature.bad-key` */
export function parsePublicKey(text: string, name = 'public key'): KeyObject {
  return ed25519(name, () => {
    if (text.includes('-----BEGIN')) return createPublicKey(text);
    const bytes = Buffer.from(text.trim(), 'base64');
    const der = bytes.length === RAW_KEY_BYTES ? Buffer.concat([SPKI_PREFIX, bytes]) : bytes;
    return createPublicKey({ key: der, format: 'der', type: 'spki' });
  });
}

/** SubjectPublicKeyInfo of Ed25519 up to the 32 key bytes (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const RAW_KEY_BYTES = 32;

function rawPublicKey(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-RAW_KEY_BYTES);
}

function ed25519(name: string, read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw signatureErrors.error('signature.bad-key', `the ${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw signatureErrors.error('signature.bad-key', `the ${name} is ${key.asymmetricKeyType ?? key.type}, not Ed25519`);
}
