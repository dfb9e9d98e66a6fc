import { verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isEdgeError } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import { canonicalJson } from '../canonical-json.ts';
import { SIGNATURE_FILE } from '../reading/hash-files.ts';
import type { FileHashes } from '../reading/hash-files.ts';
import { MANIFEST_FILE } from '../reading/read-package.ts';
import type { ModelPackage } from '../reading/read-package.ts';
import { packageErrors } from '../errors.ts';
import { algorithmOf, parsePublicKey } from './keys.ts';
import { parseSignatureFile } from './signature-file.ts';
import type { SignatureFile } from './signature-file.ts';
import { DIGESTS } from './signer.ts';
import { readTrustFolder } from './trust-folder.ts';

export const SIGNATURE_POLICIES = ['require', 'warn', 'off'] as const;
/**
 * `require`: only packages signed by a trusted key. `warn`: an unsigned package, or one signed by a key that is not trusted,
 * is taken with a warning; a signature that does not fit the files is refused all the same, since something is broken.
 * `off`: signatures are not looked at.
 */
export type SignaturePolicy = (typeof SIGNATURE_POLICIES)[number];

export interface Trust {
  readonly policy: SignaturePolicy;
  /** Key id → public key: PEM or base64, see `parsePublicKey`. */
  readonly keys: Readonly<Record<string, string>>;
  /** Folder with more of them, see `readTrustFolder`; `keys` win over it. */
  readonly folder?: string;
}

export type SignatureVerdict =
  | { readonly state: 'trusted'; readonly keyId: string }
  | { readonly state: 'untrusted'; readonly reason: EdgeError }
  | { readonly state: 'unchecked' };

/**
 * Decides whether a package that was read may be loaded.
 * @throws EdgeError `signature.*`, one code for each way to fail
 */
export async function verifyPackage(model: ModelPackage, trust: Trust): Promise<SignatureVerdict> {
  if (trust.policy === 'off') return { state: 'unchecked' };
  const present = model.files.some((file) => file.path === SIGNATURE_FILE);
  if (!present) {
    return untrusted(trust, packageErrors.error('signature.missing', `the package ${describe(model)} is not signed`));
  }
  const signature = parseSignatureFile(await readFile(join(model.dir, SIGNATURE_FILE), 'utf8'));
  compareHashes(model, signature.files);
  const keys = await trustedKeys(trust);
  if (isEdgeError(keys)) return untrusted(trust, keys);
  const key = Object.hasOwn(keys, signature.keyId) ? keys[signature.keyId] : undefined;
  if (key === undefined) {
    const reason = `${describe(model)} is signed by the key "${signature.keyId}", which is not among the trusted keys`;
    const facts = { keyId: signature.keyId, trusted: Object.keys(keys) };
    return untrusted(trust, packageErrors.error('signature.unknown-key', reason, { facts }));
  }
  verifyHashes(signature, key);
  return { state: 'trusted', keyId: signature.keyId };
}

/** @throws EdgeError `signature.invalid` unless the key signed these hashes. */
function verifyHashes(signature: SignatureFile, publicKey: string): void {
  const key = parsePublicKey(publicKey, `trusted key "${signature.keyId}"`);
  const signed = Buffer.from(canonicalJson(signature.files));
  const bytes = Buffer.from(signature.signature, 'base64');
  // The key decides how to verify: what the file says of itself must not choose a weaker way.
  const algorithm = algorithmOf(key);
  if (algorithm === signature.algorithm && verify(DIGESTS[algorithm], signed, key, bytes)) return;
  throw packageErrors.error('signature.invalid', `the signature was not made by the trusted key "${signature.keyId}"`, {
    facts: { keyId: signature.keyId },
  });
}

/** The keys, or why those of the folder cannot be trusted. */
async function trustedKeys({ keys, folder }: Trust): Promise<Trust['keys'] | EdgeError> {
  if (folder === undefined) return keys;
  try {
    return { ...(await readTrustFolder(folder)), ...keys };
  } catch (thrown) {
    if (isEdgeError(thrown)) return thrown;
    throw thrown;
  }
}

function untrusted(trust: Trust, reason: EdgeError): SignatureVerdict {
  if (trust.policy === 'require') throw reason;
  return { state: 'untrusted', reason };
}

function compareHashes(model: ModelPackage, signed: FileHashes): void {
  for (const [path, hash] of Object.entries(signed)) {
    const actual = Object.hasOwn(model.hashes, path) ? model.hashes[path] : undefined;
    if (actual === undefined) throw fileError('signature.file-missing', model, path, 'is signed but not there');
    if (actual !== hash) {
      const code = path === MANIFEST_FILE ? 'signature.manifest-changed' : 'signature.file-changed';
      throw fileError(code, model, path, `has SHA-256 ${actual}, but ${hash} was signed`);
    }
  }
  const extra = Object.keys(model.hashes).find((path) => !Object.hasOwn(signed, path));
  if (extra !== undefined) throw fileError('signature.file-unsigned', model, extra, 'is there but not signed');
}

type FileCode = `signature.${'file-changed' | 'file-missing' | 'file-unsigned' | 'manifest-changed'}`;

function fileError(code: FileCode, model: ModelPackage, file: string, what: string) {
  return packageErrors.error(code, `"${file}" of the package ${describe(model)} ${what}`, { facts: { file } });
}

function describe(model: ModelPackage): string {
  return `${model.manifest.name} ${model.manifest.version}`;
}
