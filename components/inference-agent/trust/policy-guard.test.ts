import { mkdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSigningKey, parsePrivateKey, readPackage, signPackage } from '#packages/model-package';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { PolicyGuard } from './policy-guard.ts';
import type { Judged } from './policy-guard.ts';

const key = generateSigningKey();
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let keys: string;
let model: Judged;
let told: { readonly code: string; readonly servesOn: boolean }[];
let unloaded: string[];
let guard: PolicyGuard;

beforeEach(async () => {
  folder = await temporaryFolder();
  keys = join(folder.path, 'keys');
  await mkdir(keys, { mode: 0o755 });
  await trustKey();
  const dir = await writePackage(join(folder.path, 'Bolts'), { name: 'Bolts' });
  await signPackage(dir, parsePrivateKey(key.privateKey));
  const signed = await readPackage(dir);
  const identity = { alias: 'Bolts', name: 'Bolts', version: '1.0.0', generation: 1, hash: signed.hash };
  model = { identity, signed, standing: {} };
  told = [];
  unloaded = [];
  guard = new PolicyGuard({
    serving: () => [model],
    unload: async (alias) => void unloaded.push(alias),
    announce: (event, facts) => {
      if (event === 'model.disallowed' && 'servesOn' in facts)
        told.push({ code: facts.error.code, servesOn: facts.servesOn });
    },
  });
});
afterEach(() => folder.remove());

const keyFile = () => join(keys, `${key.keyId}.pem`);
const trustKey = () => writeFile(keyFile(), key.publicKey, { mode: 0o644 });
const policy = () => ({
  trust: { policy: 'require', keys: {}, folder: keys } as const,
  golden: 'warn' as const,
  minimumVersion: () => undefined,
});

describe('keys that vanish from the folder while a model serves', () => {
  it('are noticed without a change of the configuration, and told of once', async () => {
    await guard.look(policy(), 'refuse');
    expect(model.standing).toEqual({ signedBy: key.keyId });
    await unlink(keyFile());
    await guard.look(policy(), 'refuse');
    await guard.look(policy(), 'refuse');
    expect(told).toEqual([{ code: 'signature.unknown-key', servesOn: true }]);
    expect(model.standing.refusal).toMatchObject({ code: 'signature.unknown-key' });
    expect(unloaded).toEqual([]);
  });

  it('give the model its right back when they come back', async () => {
    await unlink(keyFile());
    await guard.look(policy(), 'report');
    await trustKey();
    await guard.look(policy(), 'report');
    expect(model.standing).toEqual({ signedBy: key.keyId });
  });

  it('end the model if the configuration says so', async () => {
    await unlink(keyFile());
    await guard.look(policy(), 'retire');
    expect([told, unloaded]).toEqual([[{ code: 'signature.unknown-key', servesOn: false }], ['Bolts']]);
  });

  it('are not a reason to refuse a configuration that changes something else', async () => {
    await unlink(keyFile());
    expect(await guard.objection(policy(), policy())).toBeUndefined();
    const stricter = { ...policy(), minimumVersion: () => '2.0.0' };
    await trustKey();
    expect(await guard.objection(stricter, policy())).toMatchObject({ code: 'config.refuses-models' });
  });
});
