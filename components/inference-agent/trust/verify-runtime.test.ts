import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSigningKey, keySigner, parsePrivateKey, signFiles } from '#packages/model-package';
import type { Trust } from '#packages/model-package';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
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

const list = (content: object) => writeFile(join(folder.path, 'natives.json'), JSON.stringify(content));

describe('the native files of the runtime', () => {
  it('are vouched for by a trusted key, or by the list of the build alone', async () => {
    await list(await signFiles(FILES, signer));
    expect(await verifyRuntime(folder.path, trust)).toEqual({ state: 'trusted', files: 2, keyId: pair.keyId });
    expect(await verifyRuntime(folder.path, { policy: 'require', keys: {} })).toMatchObject({
      state: 'listed',
      reason: expect.stringContaining('is not among the trusted keys') as unknown,
    });
    await list({ files: FILES });
    expect(await verifyRuntime(folder.path, trust)).toMatchObject({ state: 'listed', files: 2 });
    await rm(join(folder.path, 'natives.json'));
    expect(await verifyRuntime(folder.path, trust)).toEqual({ state: 'unknown' });
  });

  it.each(['changed', 'gone'])('end the start if one of them is %s', async (what) => {
    await list({ files: FILES });
    const file = join(folder.path, 'node_modules/a/a.node');
    await (what === 'gone' ? rm(file) : writeFile(file, 'other code'));
    await expect(verifyRuntime(folder.path, trust)).rejects.toMatchObject({
      code: 'runtime.changed',
      facts: { folder: folder.path, files: ['node_modules/a/a.node'] },
    });
  });

  it('end the start if a hash was changed after it was signed', async () => {
    const signed = await signFiles(FILES, signer);
    await list({ ...signed, files: { ...FILES, 'bin/node': 'f'.repeat(64) } });
    await expect(verifyRuntime(folder.path, trust)).rejects.toMatchObject({ code: 'signature.invalid' });
  });
});
