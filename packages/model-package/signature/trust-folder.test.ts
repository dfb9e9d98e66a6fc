import { chmod, chown, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { readPackage } from '../reading/read-package.ts';
import { generateSigningKey, parsePrivateKey } from './keys.ts';
import { signPackage } from './sign-package.ts';
import { readTrustFolder } from './trust-folder.ts';
import { verifyPackage } from './verify-package.ts';

const pair = generateSigningKey();
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let trust: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  trust = join(folder.path, 'trusted');
  await mkdir(trust, { mode: 0o755 });
  await writeFile(join(trust, `${pair.keyId}.pem`), pair.publicKey, { mode: 0o644 });
});
afterEach(() => folder.remove());

describe('a folder of trusted keys', () => {
  it('gives the keys under the names of their files, and nothing else that lies there', async () => {
    await writeFile(join(trust, 'README'), 'keys');
    await writeFile(join(trust, 'factory.pub'), 'key', { mode: 0o600 });
    expect(await readTrustFolder(trust)).toEqual({ [pair.keyId]: pair.publicKey, factory: 'key' });
  });

  it.each([0o666, 0o664, 0o646])('row 107: refuses a key file of mode %o', async (mode) => {
    const file = join(trust, `${pair.keyId}.pem`);
    await chmod(file, mode);
    await expect(readTrustFolder(trust)).rejects.toMatchObject({
      code: 'signature.unsafe-trust',
      message: expect.stringContaining(`mode ${mode.toString(8)}`) as unknown,
      facts: { path: file },
    });
  });

  it.each([0o777, 0o775, 0o1777])('row 107: refuses a folder of mode %o, where files can be put', async (mode) => {
    await chmod(trust, mode);
    await expect(readTrustFolder(trust)).rejects.toMatchObject({
      code: 'signature.unsafe-trust',
      facts: { path: trust },
    });
  });

  it('refuses a folder above it that others may write into, unless they can move nothing there', async () => {
    await chmod(folder.path, 0o777);
    await expect(readTrustFolder(trust)).rejects.toMatchObject({
      code: 'signature.unsafe-trust',
      message: expect.stringContaining('mode 777') as unknown,
      facts: { path: folder.path },
    });
    await chmod(folder.path, 0o1777);
    expect(await readTrustFolder(trust)).toEqual({ [pair.keyId]: pair.publicKey });
  });

  it('looks at the way behind a link, too', async () => {
    const [safe, open] = [join(folder.path, 'safe'), join(folder.path, 'open')];
    await mkdir(safe, { mode: 0o755 });
    await mkdir(open, { mode: 0o755 });
    await symlink('../trusted', join(open, 'hop'));
    await symlink('../open/hop', join(safe, 'keys'));
    expect(await readTrustFolder(join(safe, 'keys'))).toEqual({ [pair.keyId]: pair.publicKey });
    await chmod(open, 0o757);
    await expect(readTrustFolder(join(safe, 'keys'))).rejects.toMatchObject({ facts: { path: open } });
  });

  it('does not walk in a circle of links', async () => {
    await symlink('b', join(folder.path, 'a'));
    await symlink('a', join(folder.path, 'b'));
    await expect(readTrustFolder(join(folder.path, 'a'))).rejects.toMatchObject({ code: 'signature.trust-unreadable' });
  });

  it.runIf(process.getuid?.() === 0)('refuses a folder above it that belongs to somebody else', async () => {
    await chown(folder.path, 12_345, 12_345);
    await expect(readTrustFolder(trust)).rejects.toMatchObject({
      message: expect.stringContaining('belongs to user 12345') as unknown,
      facts: { path: folder.path },
    });
  });

  it('follows no links and waits for no pipe', async () => {
    await symlink('/etc/hostname', join(trust, 'linked.pem'));
    await expect(readTrustFolder(trust)).rejects.toMatchObject({ code: 'signature.trust-unreadable' });
    await rm(join(trust, 'linked.pem'));
    await mkdir(join(trust, 'folder.pem'));
    await expect(readTrustFolder(trust)).rejects.toMatchObject({ code: 'signature.trust-unreadable' });
  });

  it('is unreadable if it is not there', async () => {
    await expect(readTrustFolder(join(folder.path, 'none'))).rejects.toMatchObject({
      code: 'signature.trust-unreadable',
      facts: { path: join(folder.path, 'none') },
    });
  });

  it('is trusted beside the keys of the configuration, and read again each time', async () => {
    const dir = await writePackage(join(folder.path, 'Parts'));
    await signPackage(dir, parsePrivateKey(pair.privateKey));
    const verdict = async (policy: 'require' | 'warn') =>
      verifyPackage(await readPackage(dir), { policy, keys: {}, folder: trust });
    expect(await verdict('require')).toMatchObject({ state: 'trusted', keyId: pair.keyId });
    await chmod(trust, 0o777);
    await expect(verdict('require')).rejects.toMatchObject({ code: 'signature.unsafe-trust' });
    expect(await verdict('warn')).toMatchObject({ state: 'untrusted', reason: { code: 'signature.unsafe-trust' } });
    await chmod(trust, 0o755);
    await rm(join(trust, `${pair.keyId}.pem`));
    await expect(verdict('require')).rejects.toMatchObject({ code: 'signature.unknown-key' });
  });
});
