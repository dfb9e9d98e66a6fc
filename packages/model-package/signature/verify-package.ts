import { verify } from 'node:crypto';
import { isEdgeError } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import type { FileHashes } from '../reading/hash-files.ts';
import { MANIFEST_FILE } from '../reading/read-package.ts';
import type { ModelPackage } from '../reading/read-package.ts';
import { packageErrors } from '../errors.ts';
import { algorithmOf, keyIdOf, parsePublicKey } from './keys.ts';
import { parseSignatureFile, signedBytes } from './signature-file.ts';
import type { SignatureFile } from './signature-file.ts';
import type { SignedClaims } from './signed-claims.ts';
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
  /** Ids or fingerprints (`keyIdOf`) of keys that count no more, wherever they are; a package signed by one is refused under `warn`, too. */
  readonly revoked?: readonly string[];
}

export type SignatureVerdict =
  /** `claims`: what the trusted key says of the package's use. */
  | { readonly state: 'trusted'; readonly keyId: string; readonly claims: SignedClaims }
  | { readonly state: 'untrusted'; readonly reason: EdgeError }
  | { readonly state: 'unchecked' };

/** The parts of a package that a signature covers. */
export type SignedPackage = Pick<ModelPackage, 'manifest' | 'hashes' | 'signature'>;

/**
 * Decides whether a package that was read may be loaded. Touches no file of the package.
 * @param alias under which it is to serve; default: any
 * @throws EdgeError `signature.*`, one code for each way to fail
 */
export async function verifyPackage(model: SignedPackage, trust: Trust, alias?: string): Promise<SignatureVerdict> {
  if (trust.policy === 'off') return { state: 'unchecked' };
  if (model.signature === undefined) {
    return untrusted(trust, packageErrors.error('signature.missing', `the package ${describe(model)} is not signed`));
  }
  const signature = parseSignatureFile(model.signature);
  compareHashes(model, signature.files);
  const claims = signature.schemaVersion === 2 ? signature.claims : {};
  // Checked for unknown keys, too: running a package where it is not meant to run is wrong whoever signed it.
  requireAlias(model, claims, alias);
  return verifySignature(signature, trust, describe(model));
}

/** Whether a trusted key has made the signature. @param what it is about, for messages */
export async function verifySignature(signature: SignatureFile, trust: Trust, what: string): Promise<SignatureVerdict> {
  if (trust.policy === 'off') return { state: 'unchecked' };
  const claims = signature.schemaVersion === 2 ? signature.claims : {};
  const keys = await trustedKeys(trust);
  if (isEdgeError(keys)) {
    refuseRevoked(what, signature.keyId, undefined, trust.revoked ?? []);
    return untrusted(trust, keys);
  }
  const key = Object.hasOwn(keys, signature.keyId) ? keys[signature.keyId] : undefined;
  refuseRevoked(what, signature.keyId, key, trust.revoked ?? []);
  if (key === undefined) {
    const reason = `${what} is signed by the key "${signature.keyId}", which is not among the trusted keys`;
    const facts = { keyId: signature.keyId, trusted: Object.keys(keys) };
    return untrusted(trust, packageErrors.error('signature.unknown-key', reason, { facts }));
  }
  verifyHashes(signature, key);
  return { state: 'trusted', keyId: signature.keyId, claims };
}

/** All keys that are trusted and not revoked, by id. @throws EdgeError `signature.unsafe-trust`, `signature.trust-unreadable` */
export async function validKeys(trust: Trust): Promise<Readonly<Record<string, string>>> {
  const keys = await trustedKeys(trust);
  if (isEdgeError(keys)) throw keys;
  const { revoked = [] } = trust;
  const isValid = ([id, key]: readonly [string, string]): boolean =>
    !revoked.includes(id) && (revoked.length === 0 || !revoked.includes(keyIdOf(parsePublicKey(key))));
  return Object.fromEntries(Object.entries(keys).filter(isValid));
}

/** By the id that the signature names, and by the key itself, which may be trusted under another id, too. */
function refuseRevoked(what: string, keyId: string, key: string | undefined, revoked: readonly string[]): void {
  const ids = [keyId, ...(key === undefined || revoked.length === 0 ? [] : [keyIdOf(parsePublicKey(key))])];
  if (!ids.some((id) => revoked.includes(id))) return;
  const message = `${what} is signed by the key "${keyId}", which was revoked`;
  throw packageErrors.error('signature.revoked-key', message, { facts: { keyId } });
}

/** @throws EdgeError `signature.invalid` unless the key signed these hashes. */
function verifyHashes(signature: SignatureFile, publicKey: string): void {
  const key = parsePublicKey(publicKey, `trusted key "${signature.keyId}"`);
  const bytes = Buffer.from(signature.signature, 'base64');
  // The key decides how to verify: what the file says of itself must not choose a weaker way.
  const algorithm = algorithmOf(key);
  if (algorithm === signature.algorithm && verify(DIGESTS[algorithm], signedBytes(signature), key, bytes)) return;
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

function requireAlias(model: SignedPackage, { aliases }: SignedClaims, alias: string | undefined): void {
  if (alias === undefined || aliases === undefined || aliases.includes(alias)) return;
  const message = `${describe(model)} is signed for ${aliases.join(', ')}, not for the alias "${alias}"`;
  throw packageErrors.error('signature.other-alias', message, { facts: { alias, aliases } });
}

function compareHashes(model: SignedPackage, signed: FileHashes): void {
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

function fileError(code: FileCode, model: SignedPackage, file: string, what: string) {
  return packageErrors.error(code, `"${file}" of the package ${describe(model)} ${what}`, { facts: { file } });
}

function describe(model: SignedPackage): string {
  return `${model.manifest.name} ${model.manifest.version}`;
}
