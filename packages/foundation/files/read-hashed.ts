import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** A pipe does not hold the reader up (open(2)); Windows has no such flag. */
const READ_FILE = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const NO_LINK = READ_FILE | (constants.O_NOFOLLOW ?? 0);
const PIECE_BYTES = 8 * 1024 ** 2;

export interface ReadHashedOptions {
  /** A larger file is not read. Default: no bound. */
  readonly maxBytes?: number;
  /** Whether the file may be a link to another one. Default false. */
  readonly followLink?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface HashedFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** SHA-256 of these very bytes, hexadecimal. */
  readonly hash: string;
}

/**
 * Opens a file once and reads it once: what is hashed is what is returned, whoever writes to the file or puts another in its place.
 * @throws the system's error; Error for a link, a pipe or a device; the signal's reason
 */
export async function readHashed(
  file: string,
  { maxBytes = Infinity, followLink = false, signal }: ReadHashedOptions = {},
): Promise<HashedFile> {
  const handle = await open(file, followLink ? READ_FILE : NO_LINK);
  try {
    const facts = await handle.stat();
    if (!facts.isFile()) throw new Error(`${file} is not a file`);
    if (facts.size > maxBytes) throw new Error(`${file} has ${facts.size} bytes, over ${maxBytes}`);
    return await readWhole(handle, facts.size, signal);
  } finally {
    await handle.close();
  }
}

async function readWhole(handle: FileHandle, size: number, signal?: AbortSignal): Promise<HashedFile> {
  const bytes = new Uint8Array(size);
  const hash = createHash('sha256');
  for (let at = 0; at < size;) {
    signal?.throwIfAborted();
    const { bytesRead } = await handle.read(bytes, at, Math.min(PIECE_BYTES, size - at), at);
    if (bytesRead === 0) throw new Error(`the file ends after ${at} of ${size} bytes`);
    hash.update(bytes.subarray(at, at + bytesRead));
    at += bytesRead;
  }
  return { bytes, hash: hash.digest('hex') };
}
