import { chmod, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startAgentProcess } from '../../../testing/agent/agent-process.ts';
import type { AgentProcess } from '../../../testing/agent/agent-process.ts';
import { temporaryFolder } from '../../../testing/agent/package-folder.ts';
import { sampleImages, samplePackage } from '../../../testing/agent/sample-package.ts';
import { readPackage } from '../reading/read-package.ts';
import { generateSigningKey, parsePrivateKey } from './keys.ts';
import { signPackage } from './sign-package.ts';

/** The bundled agent as a process that is started again and again: what it refuses to load, when, and with which code. */

const ALIAS = 'PartsClassifier';
const [trusted, other] = [generateSigningKey(), generateSigningKey()];
type Damage = (dir: string) => Promise<unknown>;

/** Each in its own way no longer what was signed by the trusted key. */
const DAMAGES: Readonly<Record<string, Damage>> = {
  'signature.file-changed': (dir) => edit(dir, 'labels.txt', (text) => text.replace('gear', 'GEAR')),
  'signature.manifest-changed': (dir) => edit(dir, 'model.json', (text) => `${text} `),
  'signature.invalid': (dir) => edit(dir, 'signature.json', turnBit),
  'signature.unknown-key': (dir) => signPackage(dir, parsePrivateKey(other.privateKey)),
  'signature.missing': (dir) => rm(join(dir, 'signature.json')),
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let keys: string;
let signed: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  keys = join(folder.path, 'keys');
  await mkdir(keys, { mode: 0o755 });
  await writeFile(join(keys, `${trusted.keyId}.pem`), trusted.publicKey, { mode: 0o644 });
  signed = await samplePackage(join(folder.path, 'Signed'), '1.0.0');
  await signPackage(signed, parsePrivateKey(trusted.privateKey));
});
afterAll(() => folder.remove());

async function withAgent<Result>(
  work: string,
  configuration: object,
  use: (agent: AgentProcess) => Promise<Result>,
): Promise<Result> {
  const agent = await startAgentProcess(work, { Workers: 1, ...configuration });
  try {
    return await use(agent);
  } finally {
    agent.client.close();
    await agent.process.end();
  }
}

const requireKeys = () => ({ SignaturePolicy: 'require', TrustedKeysFolder: keys });
const works = async ({ client }: AgentProcess) =>
  (await client.invoke(ALIAS, (await sampleImages())[0]!.bytes, { contentType: 'image/jpeg' })).model.version;

describe('row 106: the agent with SignaturePolicy "require"', () => {
  it('loads a signed package, and refuses each damaged one at activation with its own code', async () => {
    await withAgent(join(folder.path, 'activation'), requireKeys(), async (agent) => {
      await agent.client.activate({ path: signed });
      for (const [code, damage] of Object.entries(DAMAGES)) {
        const dir = join(folder.path, `new-${code}`);
        await cp(signed, dir, { recursive: true });
        await damage(dir);
        await expect(agent.client.activate({ path: dir, alias: 'other' }), code).rejects.toMatchObject({ code });
      }
      expect(await works(agent)).toBe('1.0.0');
      expect(await agent.client.models()).toHaveLength(1);
    });
  });

  it.each(Object.entries(DAMAGES))('refuses what it has kept at the next start: %s', async (code, damage) => {
    const work = join(folder.path, `restart-${code}`);
    const { source, before } = await keptAndDamaged(work, code, damage);
    // Without the store's own record of the hash, whose check would come first.
    await forgeRecord(join(work, 'models'), before, (await readPackage(source)).hash);
    expect(await codesAtStart(work)).toEqual([code]);
  });

  it.each(['signature.file-changed', 'signature.manifest-changed'])(
    'finds a change of what it has kept by the hash of its record too: %s',
    async (code) => {
      const work = join(folder.path, `store-${code}`);
      await keptAndDamaged(work, `store-${code}`, DAMAGES[code]!);
      expect(await codesAtStart(work)).toEqual(['store.corrupt']);
    },
  );

  it('refuses what it has kept when its key is trusted no more, and takes it again when it is', async () => {
    const work = join(folder.path, 'rotation');
    await withAgent(work, requireKeys(), (agent) => agent.client.activate({ path: signed }));
    const others = { SignaturePolicy: 'require', TrustedKeys: { [other.keyId]: other.publicKey } };
    await withAgent(work, others, async (agent) => {
      expect(await agent.client.models()).toEqual([]);
      await agent.process.line(/"code":"signature.unknown-key".*"event":"model.restore-failed"/);
    });
    const both = { ...others, TrustedKeysFolder: keys };
    await withAgent(work, both, async (agent) => expect(await works(agent)).toBe('1.0.0'));
  });

  it('row 107: trusts no key that others can write', async () => {
    const loose = join(folder.path, 'loose');
    await cp(keys, loose, { recursive: true });
    await chmod(join(loose, `${trusted.keyId}.pem`), 0o666);
    const configuration = { SignaturePolicy: 'require', TrustedKeysFolder: loose };
    await withAgent(join(folder.path, 'unsafe'), configuration, async (agent) => {
      await expect(agent.client.activate({ path: signed })).rejects.toMatchObject({ code: 'signature.unsafe-trust' });
    });
  });
});

/** Activates a package, ends the agent, and damages its copy and where it came from: the agent would take the one that is left. */
async function keptAndDamaged(work: string, name: string, damage: Damage) {
  const source = join(folder.path, `kept-${name}`);
  await cp(signed, source, { recursive: true });
  await withAgent(work, requireKeys(), (agent) => agent.client.activate({ path: source }));
  const before = (await readPackage(source)).hash;
  for (const dir of [source, ...(await packagesBelow(join(work, 'models')))]) await damage(dir);
  return { source, before };
}

/** Codes of the models that could not be restored; none is served. */
async function codesAtStart(work: string): Promise<readonly string[]> {
  return withAgent(work, requireKeys(), async (agent) => {
    expect(await agent.client.models()).toEqual([]);
    await agent.process.line(/"event":"model.restore-failed"/);
    const failed = agent.process.lines.filter((line) => line.includes('"event":"model.restore-failed"'));
    return failed.map((line) => (JSON.parse(line) as { error: { code: string } }).error.code);
  });
}

async function forgeRecord(store: string, before: string, after: string): Promise<void> {
  const found = await readdir(store, { recursive: true, withFileTypes: true });
  for (const entry of found.filter(({ parentPath, name }) => !parentPath.includes(before) && /\.json$/.test(name)))
    await edit(entry.parentPath, entry.name, (text) => text.replaceAll(before, after));
  for (const { parentPath, name } of found.filter((entry) => entry.isDirectory() && entry.name === before))
    await rename(join(parentPath, name), join(parentPath, after));
}

async function packagesBelow(root: string): Promise<readonly string[]> {
  const found = await readdir(root, { recursive: true, withFileTypes: true });
  return found.filter(({ name }) => name === 'model.json').map(({ parentPath }) => parentPath);
}

async function edit(dir: string, file: string, change: (text: string) => string): Promise<void> {
  const path = join(dir, file);
  const text = change(await readFile(path, 'utf8'));
  // The agent's copies are hard links to what it was given: a new file, or the original would change too.
  await rm(path);
  await writeFile(path, text);
}

function turnBit(text: string): string {
  const value = JSON.parse(text) as { signature: string };
  const bytes = Buffer.from(value.signature, 'base64');
  bytes[0]! ^= 1;
  return JSON.stringify({ ...value, signature: bytes.toString('base64') });
}
