import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { openPromise } from 'yauzl';
import { isPlainObject } from '../../recipe/recipe.ts';
import { canonicalJson, textDigest } from '../digest.ts';

const SIGNATURE_FILE = 'signature.json';

/**
 * SHA-256 of what an artifact holds, hexadecimal: of names and contents in a zip, but for the bytes of the signature. ECDSA, which is
 * what keys of AWS KMS can do, gives another signature of the same files each time; who signed with which key, and what was signed
 * besides, counts. Undefined for anything but a zip with a signed model package: there the bytes decide.
 */
export async function contentDigest(file: string): Promise<string | undefined> {
  if (!file.endsWith('.zip')) return undefined;
  const zip = await openPromise(file).catch(() => undefined);
  const parts: (readonly [string, string])[] = [];
  let isSigned = false;
  for await (const entry of zip?.eachEntry() ?? []) {
    const content = await zip!.openReadStreamPromise(entry);
    if (entry.fileName !== SIGNATURE_FILE) {
      parts.push([entry.fileName, await hashOf(content)]);
      continue;
    }
    isSigned = true;
    parts.push([entry.fileName, unsigned(await buffer(content))]);
  }
  return isSigned ? textDigest(canonicalJson(parts.sort(([a], [b]) => (a < b ? -1 : 1)))).hex : undefined;
}

/** `signature.json` without the bytes of the signature; what is none as it is. */
function unsigned(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    return isPlainObject(value) ? canonicalJson({ ...value, signature: null }) : text;
  } catch {
    return text;
  }
}

async function hashOf(content: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of content) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
