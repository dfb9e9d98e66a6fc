import { createHash } from 'node:crypto';
import type { BinaryToTextEncoding } from 'node:crypto';
import { open } from 'node:fs/promises';

export interface HashOptions {
  /** As `node:crypto` names them. Default `sha256`. */
  readonly algorithm?: string;
  /** Default `hex`. */
  readonly encoding?: BinaryToTextEncoding;
  readonly signal?: AbortSignal | undefined;
}

/** Large enough that reading costs little beside hashing, and small enough to stay in the processor's cache. */
const READ_BYTES = 256 * 1024;
/** Files of the kernel say that they are empty. */
const SMALLEST_READ_BYTES = 4 * 1024;

/**
 * Hash of a file's content, read a piece at a time into the same memory: a stream takes fresh memory for each piece, which costs as
 * much as the hash and stays with the process.
 *
 * @throws the system's error, the signal's reason
 */
export async function hashFile(
  file: string,
  { algorithm = 'sha256', encoding = 'hex', signal }: HashOptions = {},
): Promise<string> {
  signal?.throwIfAborted();
  const hash = createHash(algorithm);
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const memory = Buffer.allocUnsafe(Math.min(READ_BYTES, Math.max(size, SMALLEST_READ_BYTES)));
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await handle.read(memory);
      if (bytesRead === 0) return hash.digest(encoding);
      hash.update(memory.subarray(0, bytesRead));
    }
  } finally {
    await handle.close();
  }
}
