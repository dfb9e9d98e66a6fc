import { createHash } from 'node:crypto';
import { hashFile } from '#packages/foundation';

/** SHA-256 of a file, in the two forms that AWS uses: base64 (recipes, S3 checksums) and hexadecimal (for people). */
export interface Digest {
  readonly base64: string;
  readonly hex: string;
}

export async function fileDigest(file: string, signal?: AbortSignal): Promise<Digest> {
  return digestOf(Buffer.from(await hashFile(file, { signal }), 'hex'));
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
