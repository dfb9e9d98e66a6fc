import { createHash } from 'node:crypto';
import { mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSigningKey, keySigner, parsePrivateKey, signFiles } from '#packages/model-package';
import type { Trust } from '#packages/model-package';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { HashedBefore } from './hashed-before.ts';
import { verifyRuntime } from './verify-runtime.ts';

const CODE = Buffer.from('machine code');
const HASH = createHash('sha256').update(CODE).digest('hex');
const FILES = { 'node_modules/a/a.node': HASH, 'bin/node': HASH };
const pair = generateSigningKey();
const signer = keySigner(parsePrivateKey(pair.privateKey));
const trust: Trust = { policy: 'require', keys: { [pair.keyId]: pair.publicKey } };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
  for (const file of Object.keys(FILES)) {
    await mkdir(join(folder.path, file, '..'), { recursive: true });
    await writeFile(join(folder.path, file), CODE);
  }
});
afterEach(() => folder.remove());

interface When {
  readonly boot?: string | undefined;
  /** Since the files were written. */
  readonly laterMs?: number;
}

const verify = (by: Trust, when: When = {}) => {
  const { boot, laterMs } = { boot: 'this start of the machine', laterMs: 3_600_000, ...when };
  const clock = new FakeClock(Date.now() + laterMs);
  const before = new HashedBefore({ file: join(folder.path, 'runtime-hashed'), boot, clock });
  return verifyRuntime(folder.path, by, before);
};
const list = (content: object) => writeFile(join(folder.path, 'natives.json'), JSON.stringify(content));

describe('the native files of the runtime', () => {
  it('are vouched for by a trusted key, or by the list of the build alone', async () => {
    await list(await signFiles(FILES, signer));
    expect(await verify(trust)).toEqual({ state: 'trusted', files: 2, hashed: 2, keyId: pair.keyId });
    expect(await verify({ policy: 'require', keys: {} })).toMatchObject({
      state: 'listed',
      reason: expect.stringContaining('is not among the trusted keys') as unknown,
    });
    await list({ files: FILES });
    expect(await verify(trust)).toMatchObject({ state: 'listed', files: 2 });
    await rm(join(folder.path, 'natives.json'));
    expect(await verify(trust)).toEqual({ state: 'unknown' });
  });

  it.each(['changed', 'gone'])('end the start if one of them is %s', async (what) => {
    await list({ files: FILES });
    const file = join(folder.path, 'node_modules/a/a.node');
    await (what === 'gone' ? rm(file) : writeFile(file, 'other code'));
    await expect(verify(trust)).rejects.toMatchObject({
      code: 'runtime.changed',
      facts: { folder: folder.path, files: ['node_modules/a/a.node'] },
    });
  });

  it('end the start if a hash was changed after it was signed', async () => {
    const signed = await signFiles(FILES, signer);
    await list({ ...signed, files: { ...FILES, 'bin/node': 'f'.repeat(64) } });
    await expect(verify(trust)).rejects.toMatchObject({ code: 'signature.invalid' });
  });

  it('are hashed once after each start of the machine, and again once one was touched', async () => {
    await list({ files: FILES });
    expect(await verify(trust)).toMatchObject({ hashed: 2 });
    expect(await verify(trust)).toMatchObject({ state: 'listed', files: 2, hashed: 0 });
    expect(await verify(trust, { boot: 'the next one' })).toMatchObject({ hashed: 2 });
    expect(await verify(trust, { boot: 'the next one' })).toMatchObject({ hashed: 0 });
    await list({ files: { 'bin/node': HASH } });
    expect(await verify(trust)).toMatchObject({ files: 1, hashed: 1 });
  });

  it('are hashed again if one was exchanged for another of the same size and age', async () => {
    await list({ files: FILES });
    await verify(trust);
    const file = join(folder.path, 'bin/node');
    const { atime, mtime } = await stat(file);
    await writeFile(file, Buffer.from('MACHINE CODE'));
    await utimes(file, atime, mtime);
    await expect(verify(trust)).rejects.toMatchObject({ code: 'runtime.changed', facts: { files: ['bin/node'] } });
  });

  it('are hashed at each start as long as another change could have the same time, or nobody tells starts apart', async () => {
    await list({ files: FILES });
    for (const when of [{ laterMs: 0 }, { laterMs: 0 }, { boot: undefined }]) {
      expect(await verify(trust, when)).toMatchObject({ hashed: 2 });
    }
  });
});
