import path from 'node:path';
import { hashFile, readTextIfAny } from '#packages/foundation';
import { verifySignedFiles } from '#packages/model-package';
import type { FileHashes, Trust } from '#packages/model-package';
import { agentErrors } from '../errors.ts';
import type { HashedBefore } from './hashed-before.ts';

/** Written by the build at the top of edgeml.Runtime: SHA-256 of each native file, and who signed the list. */
const LIST = 'natives.json';

export type RuntimeVerdict =
  /** A trusted key has signed what is there. */
  | ({ readonly state: 'trusted'; readonly keyId: string } & Looked)
  /** The files are those of the list, and no trusted key has signed it. */
  | ({ readonly state: 'listed'; readonly reason: string } & Looked)
  /** There is no list: the packages of a checkout, or a runtime of an older version. */
  | { readonly state: 'unknown' };

interface Looked {
  readonly files: number;
  /** How many were hashed now; none if all were since the machine started, and nobody has touched one since. */
  readonly hashed: number;
}

/**
 * Looks at every native file of the runtime, before any of them is loaded by the agent; Node.js itself runs already.
 * @param folder of the unpacked runtime
 * @param before spares hashing what was hashed before and not touched since
 * @throws EdgeError `runtime.changed`, `signature.malformed`, `signature.invalid`
 */
export async function verifyRuntime(
  folder: string,
  trust: Trust,
  before: Pick<HashedBefore, 'look' | 'keep'>,
): Promise<RuntimeVerdict> {
  const text = await readTextIfAny(path.join(folder, LIST));
  if (text === undefined) return { state: 'unknown' };
  const { files, verdict } = await listOf(text, trust);
  const { print, known } = await before.look(folder, files);
  if (!known) {
    await requireUnchanged(folder, files);
    await before.keep(print);
  }
  const count = Object.keys(files).length;
  const looked = { files: count, hashed: known ? 0 : count };
  return typeof verdict === 'string'
    ? { state: 'listed', reason: verdict, ...looked }
    : { state: 'trusted', keyId: verdict.keyId, ...looked };
}

async function requireUnchanged(folder: string, files: FileHashes): Promise<void> {
  const changed: string[] = [];
  for (const [file, hash] of Object.entries(files)) {
    const actual = await hashFile(path.join(folder, file)).catch(() => undefined);
    if (actual !== hash) changed.push(file);
  }
  if (changed.length === 0) return;
  const message = `${changed.length} of ${Object.keys(files).length} native files in ${folder} are not those of the build: ${changed.slice(0, 5).join(', ')}`;
  throw agentErrors.error('runtime.changed', message, { facts: { folder, files: changed } });
}

/** The list, and the key that signed it, or why that is not to be trusted. */
async function listOf(
  text: string,
  trust: Trust,
): Promise<{ readonly files: FileHashes; readonly verdict: { readonly keyId: string } | string }> {
  const plain = plainList(text);
  if (plain) return { files: plain, verdict: 'the build did not sign the list (edgeml build --key FILE)' };
  // An unknown key is told and not refused: the list's own hashes hold all the same. A signature that does not fit is refused.
  const { files, verdict } = await verifySignedFiles(text, {
    ...trust,
    policy: trust.policy === 'off' ? 'off' : 'warn',
  });
  if (verdict.state === 'trusted') return { files, verdict };
  return { files, verdict: verdict.state === 'unchecked' ? 'SignaturePolicy is off' : verdict.reason.message };
}

/** Undefined for a list that is signed. */
function plainList(text: string): FileHashes | undefined {
  const list = JSON.parse(text) as { readonly files?: FileHashes; readonly signature?: unknown };
  return list.signature === undefined && typeof list.files === 'object' ? list.files : undefined;
}
