import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** SHA-256 of a file, in the two forms that AWS uses: base64 (recipes, S3 checksums) and hexadecimal (for people). */
export interface Digest {
  readonly base64: string;
  readonly hex: string;
}

export async function fileDigest(file: string, signal?: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash, { signal });
  return digestOf(hash.digest());
}

export function textDigest(text: string): Digest {
  return digestOf(createHash('sha256').update(text).digest());
}

function digestOf(bytes: Buffer): Digest {
  return { base64: bytes.toString('base64'), hex: bytes.toString('hex') };
}

/** JSON with sorted keys: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([a], [b]) => (a < b ? -1 : 1)))
      : entry,
  );
}
