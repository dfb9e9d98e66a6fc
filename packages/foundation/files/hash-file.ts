import { createHash } from 'node:crypto';
import type { BinaryToTextEncoding } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

export interface HashOptions {
  /** As `node:crypto` names them. Default `sha256`. */
  readonly algorithm?: string;
  /** Default `hex`. */
  readonly encoding?: BinaryToTextEncoding;
  readonly signal?: AbortSignal | undefined;
}

/** Hash of a file's content, read a piece at a time. @throws the system's error, the signal's reason */
export async function hashFile(
  file: string,
  { algorithm = 'sha256', encoding = 'hex', signal }: HashOptions = {},
): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file, { highWaterMark: READ_BYTES }), hash, { signal });
  return hash.digest(encoding);
}

const READ_BYTES = 1024 * 1024;
