import { mkdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateSigningKey, parsePrivateKey, signPackage } from '#packages/model-package';
import type { SignedClaims } from '#packages/model-package';
import { startInProcess } from '../../../testing/agent/in-process-agent.ts';
import type { InProcessAgent } from '../../../testing/agent/in-process-agent.ts';
import { temporaryFolder, writePackage } from '../../../testing/agent/package-folder.ts';
import { MemoryNucleus } from '../../../testing/ipc/memory-nucleus.ts';
import { COMPONENT } from '../settings/live-configuration.ts';

/** The agent in memory, with models that serve while what it trusts changes. */

const [first, second] = [generateSigningKey(), generateSigningKey()];
const both = { [first.keyId]: first.publicKey, [second.keyId]: second.publicKey };
const trusting = (keys: Readonly<Record<string, string>>, more: object = {}) => ({
  SignaturePolicy: 'require',
  TrustedKeys: keys,
  ...more,
});
const onlySecond = { [second.keyId]: second.publicKey };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let work: string;
let nucleus: MemoryNucleus;
let started: InProcessAgent;

beforeEach(async () => {
  folder = await temporaryFolder();
  work = join(folder.path, 'work');
  await mkdir(work);
});
afterEach(async () => {
  await started.close();
  await folder.remove();
});

async function start(configuration: object, options: { readonly lite?: boolean } = {}): Promise<void> {
  nucleus = new MemoryNucleus(options);
  nucleus.configuration.set(COMPONENT, [], configuration);
  started = await startInProcess(work, nucleus);
  await started.agent.restored;
}

const folderOf = (name: string, version: string) => join(folder.path, `${name}-${version}`);
async function packageOf(
  name: string,
  key: { readonly privateKey: string } | undefined,
  version = '1.0.0',
  claims?: SignedClaims,
): Promise<string> {
  const dir = await writePackage(folderOf(name, version), { name, version });
  if (key) await signPackage(dir, parsePrivateKey(key.privateKey), claims ? { claims } : {});
  return dir;
}
const activate = async (...words: Parameters<typeof packageOf>) =>
  started.client.activate({ path: await packageOf(...words) });
const aliases = async () => (await started.client.models()).map(({ alias }) => alias).sort();
const statusOf = async (alias: string) => (await started.client.models()).find((model) => model.alias === alias);
const events = (name: string) =>
  nucleus.localMessages.flatMap(({ topic, message }) =>
    topic === 'edgeml/events' && (message as { event: string }).event === name ? [message] : [],
  );

describe('a deployment that would not take models that serve any more', () => {
  it('is refused with their names, and everything goes on as before', async () => {
    await start(trusting(both));
    await activate('Bolts', first);
    await activate('Nuts', second);
    await activate('Washers', first);
    const answer = await nucleus.askValidity(COMPONENT, trusting(onlySecond));
    expect(answer.status).toBe('REJECTED');
    for (const text of ['Bolts (Bolts 1.0.0, signature.unknown-key)', 'Washers (Washers 1.0.0']) {
      expect(answer.message).toContain(text);
    }
    expect(answer.message).not.toContain('Nuts');
    expect(await aliases()).toEqual(['Bolts', 'Nuts', 'Washers']);
  });

  it('is refused for a stricter policy, for a minimum version and for golden tests too', async () => {
    await start({});
    await activate('Bolts', undefined);
    for (const [stricter, code] of [
      [trusting(both), 'signature.missing'],
      [{ MinimumVersions: { Bolts: '1.0.1' } }, 'model.below-minimum'],
    ] as const) {
      const answer = await nucleus.askValidity(COMPONENT, stricter);
      expect(answer).toMatchObject({ status: 'REJECTED', message: expect.stringContaining(code) as unknown });
    }
    expect(await nucleus.askValidity(COMPONENT, { MinimumVersions: { Bolts: '1.0.0' } })).toMatchObject({
      status: 'ACCEPTED',
    });
  });

  it('is taken if it brings trust that covers what serves, and if it says what is to become of the models', async () => {
    await start(trusting({ [first.keyId]: first.publicKey }));
    await activate('Bolts', first);
    const taken = [
      trusting(both),
      trusting(onlySecond, { PolicyChange: 'retire' }),
      trusting(onlySecond, { PolicyChange: 'report' }),
    ];
    for (const configuration of taken)
      expect((await nucleus.askValidity(COMPONENT, configuration)).status).toBe('ACCEPTED');
    expect((await nucleus.askValidity(COMPONENT, { QueueLength: 'many' })).status).toBe('REJECTED');
  });

  it('does not take effect if nobody asks before (nucleus lite), and says so', async () => {
    await start(trusting(both), { lite: true });
    await activate('Bolts', first);
    nucleus.configure(COMPONENT, [], trusting(onlySecond));
    await expect
      .poll(() => events('configuration.rejected'))
      .toMatchObject([{ error: { code: 'config.refuses-models', facts: { models: [{ alias: 'Bolts' }] } } }]);
    expect(await statusOf('Bolts')).toMatchObject({ state: 'active', signedBy: first.keyId });
    await expect(activate('Nuts', first)).resolves.toBeDefined();
  });

  it('ends the models if it says so', async () => {
    await start(trusting(both));
    await activate('Bolts', first);
    await activate('Nuts', second);
    nucleus.configure(COMPONENT, [], trusting(onlySecond, { PolicyChange: 'retire' }));
    await expect.poll(aliases).toEqual(['Nuts']);
    await expect
      .poll(() => events('model.disallowed'))
      .toMatchObject([{ model: { alias: 'Bolts' }, error: { code: 'signature.unknown-key' }, servesOn: false }]);
  });

  it('rotates and revokes keys by configuration alone: the new key comes, the old one goes, and nobody calls on the device', async () => {
    await start(trusting({ [first.keyId]: first.publicKey }));
    await activate('Bolts', first);
    nucleus.configure(COMPONENT, [], trusting(both));
    await expect
      .poll(() =>
        activate('Nuts', second).then(
          () => 'taken',
          () => 'refused',
        ),
      )
      .toBe('taken');
    await activate('Bolts', second, '1.0.1');
    await expect.poll(() => statusOf('Bolts')).toMatchObject({ version: '1.0.1', signedBy: second.keyId });

    const stolen = trusting(both, { RevokedKeys: [first.keyId] });
    expect((await nucleus.askValidity(COMPONENT, stolen)).status).toBe('ACCEPTED');
    nucleus.configure(COMPONENT, [], stolen);
    await expect
      .poll(() => activate('Bolts', first, '1.0.2').catch((error: { code?: string }) => error.code))
      .toBe('signature.revoked-key');
    expect(await statusOf('Bolts')).toMatchObject({ version: '1.0.1', state: 'active' });
  });

  it('ends what a revoked key has signed, under whatever other name the key is trusted', async () => {
    await start(trusting({ ...both, alias: first.publicKey }));
    await activate('Bolts', first);
    await activate('Nuts', second);
    const stolen = trusting({ ...both, alias: first.publicKey }, { RevokedKeys: first.keyId, PolicyChange: 'retire' });
    nucleus.configure(COMPONENT, [], stolen);
    await expect.poll(aliases).toEqual(['Nuts']);
    const renamed = await writePackage(folderOf('Screws', '1.0.0'), { name: 'Screws', version: '1.0.0' });
    await signPackage(renamed, parsePrivateKey(first.privateKey), { keyId: 'alias' });
    await expect(started.client.activate({ path: renamed })).rejects.toMatchObject({ code: 'signature.revoked-key' });
  });

  it('refuses what a revoked key has signed under a policy that only warns, too', async () => {
    await start({ RevokedKeys: [first.keyId] });
    await expect(activate('Bolts', first)).rejects.toMatchObject({ code: 'signature.revoked-key' });
    await expect(activate('Nuts', second)).resolves.toBeDefined();
  });

  it('leaves them until the next start if it says so, and says so everywhere', async () => {
    await start(trusting(both));
    await activate('Bolts', first);
    const reporting = trusting(onlySecond, { PolicyChange: 'report' });
    nucleus.configure(COMPONENT, [], reporting);
    await expect.poll(() => statusOf('Bolts')).toMatchObject({ refusal: { code: 'signature.unknown-key' } });
    await expect.poll(() => events('model.disallowed')).toMatchObject([{ model: { alias: 'Bolts' }, servesOn: true }]);
    await started.close();
    await start(reporting);
    expect(await aliases()).toEqual([]);
    await expect
      .poll(() => events('model.restore-failed'))
      .toMatchObject([{ error: { code: 'signature.unknown-key' } }]);
  });
});

describe('a package that is activated again without a change', () => {
  it('is checked again', async () => {
    const keys = join(folder.path, 'keys');
    await mkdir(keys, { mode: 0o755 });
    await writeFile(join(keys, `${first.keyId}.pem`), first.publicKey, { mode: 0o644 });
    await start(trusting({}, { TrustedKeysFolder: keys }));
    await activate('Bolts', first);
    await unlink(join(keys, `${first.keyId}.pem`));
    await expect(started.client.activate({ path: folderOf('Bolts', '1.0.0') })).rejects.toMatchObject({
      code: 'signature.unknown-key',
    });
    await expect
      .poll(() => events('model.rejected'))
      .toMatchObject([{ alias: 'Bolts', serving: { version: '1.0.0' } }]);
    expect(await aliases()).toEqual(['Bolts']);
  });

  it('brings the signature of another key along, now and for the next start', async () => {
    await start(trusting(both));
    const path = await packageOf('Bolts', first);
    await started.client.activate({ path });
    await signPackage(path, parsePrivateKey(second.privateKey));
    expect(await started.client.activate({ path })).toMatchObject({ unchanged: true });
    expect((await nucleus.askValidity(COMPONENT, trusting(onlySecond))).status).toBe('ACCEPTED');
    await started.close();
    await start(trusting(onlySecond));
    await expect.poll(() => statusOf('Bolts')).toMatchObject({ signedBy: second.keyId });
  });
});

describe('a package that is signed for certain aliases', () => {
  it('serves under these only', async () => {
    await start(trusting(both));
    const path = await packageOf('Bolts', first, '1.0.0', { aliases: ['Bolts', 'Line2'] });
    await started.client.activate({ path, alias: 'Line2' });
    await started.client.activate({ path });
    await expect(started.client.activate({ path, alias: 'Nuts' })).rejects.toMatchObject({
      code: 'signature.other-alias',
      message: expect.stringContaining('signed for Bolts, Line2') as unknown,
    });
    expect(await aliases()).toEqual(['Bolts', 'Line2']);
  });
});

describe('versions below a minimum', () => {
  it('are refused once a signed package has said so, and roll back to none of them', async () => {
    await start(trusting(both));
    await activate('Bolts', first, '1.0.0');
    await activate('Bolts', first, '1.2.0', { minimumVersion: '1.1.0' });
    await expect(started.client.activate({ path: folderOf('Bolts', '1.0.0') })).rejects.toMatchObject({
      code: 'model.below-minimum',
      facts: { version: '1.0.0', minimum: '1.1.0' },
    });
    await expect(started.client.rollback('Bolts')).rejects.toMatchObject({ code: 'model.below-minimum' });
    expect(await statusOf('Bolts')).toMatchObject({ version: '1.2.0' });
    await expect(activate('Bolts', first, '1.1.0')).resolves.toMatchObject({ model: { version: '1.1.0' } });
  });

  it('are refused after a restart too, also when the package that said so is gone', async () => {
    await start(trusting(both));
    await activate('Bolts', first, '1.2.0', { minimumVersion: '1.2.0' });
    await started.client.retire('Bolts');
    await started.close();
    await start(trusting(both, { RetireGraceSeconds: 0 }));
    await expect(activate('Bolts', first, '1.1.9')).rejects.toMatchObject({ code: 'model.below-minimum' });
  });

  it('are not those that a package of an unknown key names', async () => {
    await start({ SignaturePolicy: 'warn' });
    await activate('Bolts', first, '2.0.0', { minimumVersion: '2.0.0' });
    await expect(activate('Bolts', undefined, '1.0.0')).resolves.toBeDefined();
  });

  it('are those that the configuration says, which may go below what a package has said', async () => {
    await start(trusting(both, { MinimumVersions: { Bolts: '1.1.0' } }));
    await expect(activate('Bolts', first, '1.0.9')).rejects.toMatchObject({ code: 'model.below-minimum' });
    await activate('Bolts', first, '2.0.0', { minimumVersion: '2.0.0' });
    await activate('Bolts', first, '1.1.0');
    await expect(activate('Bolts', first, 'winter')).rejects.toMatchObject({
      code: 'model.below-minimum',
      message: expect.stringContaining('not a semantic version') as unknown,
    });
    expect(await statusOf('Bolts')).toMatchObject({ version: '1.1.0' });
  });
});
