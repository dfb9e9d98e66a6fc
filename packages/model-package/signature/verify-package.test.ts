import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { readPackage } from '../reading/read-package.ts';
import { generateSigningKey, keyIdOf, parsePrivateKey, parsePublicKey, publicKeyText } from './keys.ts';
import { signPackage } from './sign-package.ts';
import { keySigner } from './signer.ts';
import { verifyPackage } from './verify-package.ts';
import type { SignedClaims } from './signed-claims.ts';
import type { SignaturePolicy } from './verify-package.ts';

const pair = generateSigningKey();
const trusted = { [pair.keyId]: pair.publicKey };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let dir: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  dir = await writePackage(join(folder.path, 'Parts'));
  await signPackage(dir, parsePrivateKey(pair.privateKey));
});
afterEach(() => folder.remove());

const verdict = async (policy: SignaturePolicy, keys: Readonly<Record<string, string>> = trusted) =>
  verifyPackage(await readPackage(dir), { policy, keys });

async function rewriteSignature(change: (signature: Record<string, unknown>) => object): Promise<void> {
  const file = join(dir, 'signature.json');
  const signature = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...signature, ...change(signature) }));
}

describe('verifyPackage', () => {
  it('trusts a package signed by a trusted key', async () => {
    expect(await verdict('require')).toEqual({ state: 'trusted', keyId: pair.keyId, claims: {} });
  });

  it('signs again over an older signature', async () => {
    await appendFile(join(dir, 'labels.txt'), 'washer\n');
    await signPackage(dir, parsePrivateKey(pair.privateKey), { keyId: 'factory-2026' });
    expect(await verdict('require', { 'factory-2026': pair.publicKey })).toMatchObject({ state: 'trusted' });
  });

  it('refuses a changed, a missing and an added file, under warn too', async () => {
    await writeFile(join(dir, 'extra.txt'), '');
    await expect(verdict('warn')).rejects.toMatchObject({
      code: 'signature.file-unsigned',
      facts: { file: 'extra.txt' },
    });
    await rm(join(dir, 'extra.txt'));
    await appendFile(join(dir, 'model.onnx'), '!');
    await expect(verdict('warn')).rejects.toMatchObject({
      code: 'signature.file-changed',
      facts: { file: 'model.onnx' },
    });
    await rewriteSignature(({ files }) => ({ files: { ...(files as object), 'gone.txt': '0'.repeat(64) } }));
    await writeFile(join(dir, 'model.onnx'), 'weights');
    await expect(verdict('warn')).rejects.toMatchObject({ code: 'signature.file-missing' });
  });

  it('refuses hashes that were rewritten to fit changed files', async () => {
    await appendFile(join(dir, 'model.onnx'), '!');
    const { hashes } = await readPackage(dir);
    await rewriteSignature(() => ({ files: hashes }));
    await expect(verdict('warn')).rejects.toMatchObject({ code: 'signature.invalid' });
  });

  it('tells a changed model.json from other changed files', async () => {
    const file = join(dir, 'model.json');
    await writeFile(file, (await readFile(file, 'utf8')).replace('1.0.0', '1.0.1'));
    await expect(verdict('warn')).rejects.toMatchObject({ code: 'signature.manifest-changed' });
  });

  it('refuses a signature of which one bit was turned', async () => {
    await rewriteSignature(({ signature }) => {
      const bytes = Buffer.from(signature as string, 'base64');
      bytes[10]! ^= 1;
      return { signature: bytes.toString('base64') };
    });
    await expect(verdict('warn')).rejects.toMatchObject({ code: 'signature.invalid' });
  });

  it('refuses a key that only took the name of a trusted one', async () => {
    const other = generateSigningKey();
    await signPackage(dir, parsePrivateKey(other.privateKey), { keyId: pair.keyId });
    await expect(verdict('require')).rejects.toMatchObject({ code: 'signature.invalid' });
  });

  it('refuses an unknown key, and takes it with a warning under warn', async () => {
    await expect(verdict('require', {})).rejects.toMatchObject({ code: 'signature.unknown-key' });
    expect(await verdict('warn', {})).toMatchObject({ state: 'untrusted', reason: { code: 'signature.unknown-key' } });
  });

  it('refuses a missing signature, and takes it with a warning under warn', async () => {
    await rm(join(dir, 'signature.json'));
    await expect(verdict('require')).rejects.toMatchObject({ code: 'signature.missing' });
    expect(await verdict('warn')).toMatchObject({ state: 'untrusted', reason: { code: 'signature.missing' } });
  });

  it.each(['{', '{}', 'null'])('refuses the signature file %j', async (text) => {
    await writeFile(join(dir, 'signature.json'), text);
    await expect(verdict('warn')).rejects.toMatchObject({ code: 'signature.malformed' });
  });

  it('looks at nothing when off', async () => {
    await writeFile(join(dir, 'signature.json'), '{');
    expect(await verdict('off')).toEqual({ state: 'unchecked' });
  });
});

describe('what a signature says of the use of a package', () => {
  const claims = { aliases: ['Parts', 'Line2'], minimumVersion: '1.0.0' };
  const sign = (of: SignedClaims = claims) => signPackage(dir, parsePrivateKey(pair.privateKey), { claims: of });
  const under = async (alias: string, policy: SignaturePolicy = 'require', keys = trusted) =>
    verifyPackage(await readPackage(dir), { policy, keys }, alias);

  it('is told of a trusted key, and binds the package to its aliases', async () => {
    expect(await sign()).toMatchObject({ schemaVersion: 2, claims });
    expect(await under('Line2')).toEqual({ state: 'trusted', keyId: pair.keyId, claims });
    await expect(under('Other')).rejects.toMatchObject({
      code: 'signature.other-alias',
      facts: { alias: 'Other', aliases: claims.aliases },
    });
  });

  it('binds whoever signed it, unless nobody looks', async () => {
    await sign();
    await expect(under('Other', 'warn', {})).rejects.toMatchObject({ code: 'signature.other-alias' });
    expect(await under('Other', 'off')).toEqual({ state: 'unchecked' });
  });

  it('cannot be taken away, added or changed afterward', async () => {
    await sign();
    const changes: readonly ((signature: Record<string, unknown>) => object)[] = [
      () => ({ claims: { ...claims, aliases: ['Other'] } }),
      () => ({ claims: { aliases: claims.aliases } }),
      () => ({ claims: {} }),
      () => ({ schemaVersion: 1, claims: undefined }),
    ];
    const signed = await readFile(join(dir, 'signature.json'), 'utf8');
    for (const change of changes) {
      await writeFile(join(dir, 'signature.json'), signed);
      await rewriteSignature(change);
      await expect(verdict('require')).rejects.toMatchObject({ code: 'signature.invalid' });
    }
    await signPackage(dir, parsePrivateKey(pair.privateKey));
    await rewriteSignature(() => ({ schemaVersion: 2, claims: { minimumVersion: '9.0.0' } }));
    await expect(verdict('require')).rejects.toMatchObject({ code: 'signature.invalid' });
  });

  it('is refused if this agent does not know it', async () => {
    await sign();
    await rewriteSignature(() => ({ claims: { ...claims, until: '2027' } }));
    await expect(verdict('warn')).rejects.toMatchObject({ code: 'signature.malformed' });
  });

  it('leaves the file as older agents read it if it says nothing', async () => {
    expect(await sign({})).toMatchObject({ schemaVersion: 1 });
    expect(await verdict('require')).toMatchObject({ claims: {} });
    await expect(sign({ minimumVersion: 'winter' })).rejects.toMatchObject({ code: 'signature.bad-claims' });
  });
});

describe('ECDSA on P-256', () => {
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const text = publicKeyText(p256.publicKey);
  const keyId = keyIdOf(p256.publicKey);

  it('signs and verifies behind the same interface', async () => {
    const signature = await signPackage(dir, keySigner(p256.privateKey));
    expect(signature).toMatchObject({ algorithm: 'ECDSA-P256-SHA256', keyId });
    expect(await verdict('require', { [keyId]: text })).toMatchObject({ state: 'trusted', keyId });
    expect(await verdict('require', { [keyId]: pem(p256.publicKey) })).toMatchObject({ state: 'trusted', keyId });
  });

  it('is refused under the name of another algorithm or key', async () => {
    await signPackage(dir, p256.privateKey, { keyId: pair.keyId });
    await expect(verdict('warn')).rejects.toMatchObject({ code: 'signature.invalid' });
    await signPackage(dir, p256.privateKey);
    await rewriteSignature(() => ({ algorithm: 'Ed25519' }));
    await expect(verdict('warn', { [keyId]: text })).rejects.toMatchObject({ code: 'signature.invalid' });
  });
});

describe('keys', () => {
  it('are rotated by their ids: old and new packages are trusted while both keys are', async () => {
    const next = generateSigningKey();
    const old = await writePackage(join(folder.path, 'Old'));
    await signPackage(old, parsePrivateKey(pair.privateKey));
    await signPackage(dir, parsePrivateKey(next.privateKey));
    const both = { ...trusted, [next.keyId]: next.publicKey };
    expect(await verdict('require', both)).toMatchObject({ keyId: next.keyId });
    expect(await verifyPackage(await readPackage(old), { policy: 'require', keys: both })).toMatchObject({
      keyId: pair.keyId,
    });
    await expect(
      verifyPackage(await readPackage(old), { policy: 'require', keys: { [next.keyId]: next.publicKey } }),
    ).rejects.toMatchObject({ code: 'signature.unknown-key', facts: { keyId: pair.keyId, trusted: [next.keyId] } });
  });

  it('are read as PEM, as SubjectPublicKeyInfo and as 32 raw bytes', () => {
    const key = parsePublicKey(pair.publicKey);
    const pem = key.export({ type: 'spki', format: 'pem' }).toString();
    const der = key.export({ type: 'spki', format: 'der' }).toString('base64');
    expect([pem, der].map((text) => keyIdOf(parsePublicKey(text)))).toEqual([pair.keyId, pair.keyId]);
  });

  it('are refused when they are something else', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
    const badKey = expect.objectContaining({ code: 'signature.bad-key' }) as Error;
    expect(() => parsePublicKey('AAAA')).toThrow(badKey);
    expect(() => parsePublicKey(publicKey.export({ type: 'spki', format: 'pem' }).toString())).toThrow(badKey);
    expect(() => parsePrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())).toThrow(badKey);
  });
});

function pem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
