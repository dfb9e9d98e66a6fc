import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/**
 * Form of an encrypted file: the magic, 32 random bytes, then the plain bytes in pieces of 1 MiB (the last may be shorter or empty), each
 * followed by its tag of 16 bytes. Each file has its own key, HKDF-SHA256 (RFC 5869) of the package's data key with those random bytes
 * as salt and the path as info; each piece has its own nonce, its number and whether it is the last, so that pieces can be neither
 * moved, left out, added nor cut off (the construction STREAM of Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015).
 */
const MAGIC = Buffer.from('EDGEML-SEALED-1\n');
const SALT_BYTES = 32;
const HEAD_BYTES = MAGIC.length + SALT_BYTES;
const PIECE_BYTES = 1024 ** 2;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/** Bytes of a data key. */
export const DATA_KEY_BYTES = 32;

/** Whether bytes begin as an encrypted file does; no ONNX file does. */
export function isSealed(bytes: Uint8Array): boolean {
  return bytes.length >= HEAD_BYTES && MAGIC.every((byte, at) => bytes[at] === byte);
}

/** @param path of the file in its package */
export function sealFile(plain: Uint8Array, path: string, dataKey: Uint8Array): Buffer {
  const salt = randomBytes(SALT_BYTES);
  const key = fileKey(dataKey, salt, path);
  const parts: Buffer[] = [MAGIC, salt];
  const pieces = Math.max(1, Math.ceil(plain.length / PIECE_BYTES));
  for (let piece = 0; piece < pieces; piece++) {
    const cipher = createCipheriv(CIPHER, key, nonce(piece, piece === pieces - 1));
    const bytes = plain.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES);
    parts.push(cipher.update(bytes), cipher.final(), cipher.getAuthTag());
  }
  return Buffer.concat(parts);
}

/**
 * The plain bytes, which take the place of the encrypted ones in the same memory, so that a model is not held twice.
 * @returns undefined if the file was not encrypted under this path with this key, or was changed
 */
export function unsealFile(
  sealed: Uint8Array<ArrayBuffer>,
  path: string,
  dataKey: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  if (!isSealed(sealed)) return undefined;
  const key = fileKey(dataKey, sealed.subarray(MAGIC.length, HEAD_BYTES), path);
  let to = 0;
  for (let from = HEAD_BYTES, piece = 0; from < sealed.length || piece === 0; piece++) {
    const end = Math.min(from + PIECE_BYTES + TAG_BYTES, sealed.length);
    if (end - from < TAG_BYTES) return undefined;
    const decipher = createDecipheriv(CIPHER, key, nonce(piece, end === sealed.length));
    decipher.setAuthTag(sealed.subarray(end - TAG_BYTES, end));
    try {
      const plain = decipher.update(sealed.subarray(from, end - TAG_BYTES));
      decipher.final();
      sealed.set(plain, to);
      to += plain.length;
    } catch {
      return undefined;
    }
    from = end;
  }
  // Ciphertext that is left behind the model is of no use to anybody, but looks like a part of it.
  sealed.fill(0, to);
  return sealed.subarray(0, to);
}

function fileKey(dataKey: Uint8Array, salt: Uint8Array, path: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', dataKey, salt, `edgeml sealed file ${path}`, DATA_KEY_BYTES));
}

/** 96 bits (NIST SP 800-38D, 8.2.1): 7 of zeros, the number of the piece, 1 for the last one. */
function nonce(piece: number, isLast: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32BE(piece, 7);
  bytes[11] = isLast ? 1 : 0;
  return bytes;
}
