import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { messageOf } from '#packages/foundation';
import { packageErrors } from '../errors.ts';
import { keyIdOf, publicKeyText } from '../signature/keys.ts';
import type { KeyPairText } from '../signature/keys.ts';
import type { WrappedKey } from './encryption-schema.ts';
import { DATA_KEY_BYTES } from './sealed-file.ts';

/** SubjectPublicKeyInfo of X25519 up to the 32 key bytes (RFC 8410, section 4). */
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');
const RAW_KEY_BYTES = 32;
const TAG_BYTES = 16;
const WRAPPED_BYTES = RAW_KEY_BYTES + DATA_KEY_BYTES + TAG_BYTES;
const CIPHER = 'aes-256-gcm';
/** The key that wraps is used once. */
const NONCE = Buffer.alloc(12);

/** A private key of a device, as `edgeml keygen --for encryption` writes it. */
export interface DeviceKey {
  readonly keyId: string;
  /** PEM. */
  readonly text: string;
}

type DeviceWrappedKey = Extract<WrappedKey, { kind: 'device' }>;

/** A fresh X25519 pair (RFC 7748): whoever has the public key can encrypt for the holder of the private one. */
export function generateDeviceKey(): KeyPairText {
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return {
    keyId: keyIdOf(publicKey),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKeyText(publicKey),
  };
}

/** Takes PEM, or base64 of the SubjectPublicKeyInfo. @throws EdgeError `encryption.bad-key` */
export function parseDevicePublicKey(text: string, name: string): KeyObject {
  return x25519(name, () =>
    text.includes('-----BEGIN')
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(text.trim(), 'base64'), format: 'der', type: 'spki' }),
  );
}

/** Takes PEM. @throws EdgeError `encryption.bad-key` */
export function parseDevicePrivateKey(text: string, name: string): KeyObject {
  return x25519(name, () => createPrivateKey(text));
}

/**
 * Wraps a data key for the holder of the private key: an X25519 key of its own, then the data key under AES-256-GCM with a key that HKDF-SHA256
 * (RFC 5869) makes of what the two agree on, both public keys bound into it.
 */
export function wrapForDevice(dataKey: Uint8Array, publicKey: KeyObject): DeviceWrappedKey {
  const own = generateKeyPairSync('x25519');
  const cipher = createCipheriv(CIPHER, sharedKey(own.privateKey, publicKey, own.publicKey, publicKey), NONCE);
  const parts = [rawOf(own.publicKey), cipher.update(dataKey), cipher.final(), cipher.getAuthTag()];
  return { kind: 'device', keyId: keyIdOf(publicKey), wrapped: Buffer.concat(parts).toString('base64') };
}

/** The data key; undefined if it was not wrapped for this key, or was changed. */
export function unwrapForDevice({ wrapped }: DeviceWrappedKey, privateKey: KeyObject): Uint8Array | undefined {
  const bytes = Buffer.from(wrapped, 'base64');
  if (bytes.length !== WRAPPED_BYTES) return undefined;
  try {
    const other = createPublicKey({
      key: Buffer.concat([SPKI_PREFIX, bytes.subarray(0, RAW_KEY_BYTES)]),
      format: 'der',
      type: 'spki',
    });
    const key = sharedKey(privateKey, other, other, createPublicKey(privateKey));
    const decipher = createDecipheriv(CIPHER, key, NONCE);
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(RAW_KEY_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function sharedKey(own: KeyObject, other: KeyObject, sender: KeyObject, recipient: KeyObject): Uint8Array {
  const agreed = diffieHellman({ privateKey: own, publicKey: other });
  const info = Buffer.concat([Buffer.from('edgeml data key '), rawOf(sender), rawOf(recipient)]);
  return new Uint8Array(hkdfSync('sha256', agreed, Buffer.alloc(0), info, DATA_KEY_BYTES));
}

function rawOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-RAW_KEY_BYTES);
}

function x25519(name: string, read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (cause) {
    throw packageErrors.error('encryption.bad-key', `the key ${name} cannot be read: ${messageOf(cause)}`, { cause });
  }
  if (key.asymmetricKeyType === 'x25519') return key;
  throw packageErrors.error(
    'encryption.bad-key',
    `the key ${name} is ${key.asymmetricKeyType ?? key.type}, not X25519`,
  );
}
