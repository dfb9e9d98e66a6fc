import { chmod, copyFile, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAgentProcess } from '../../../testing/agent/agent-process.ts';
import { plainPicture } from '../../../testing/agent/color-package.ts';
import { errorOf, runHere } from '../../../testing/package/in-process.ts';
import { colorModel, LABELS, MANIFEST, trainingOutput } from '../../../testing/package/training-output.ts';
import type { TrainingOutput } from '../../../testing/package/training-output.ts';

let training: TrainingOutput;
const at = (...parts: readonly string[]): string => path.join(training.dir, ...parts);
let device: { readonly keyId: string; readonly privateFile: string; readonly publicFile: string };
let signing: { readonly keyId: string; readonly publicKey: string; readonly privateFile: string };
let folder: string;

beforeAll(async () => {
  training = await trainingOutput();
  const onnx = await training.write({ 'colors.onnx': colorModel() });
  const labels = await training.write({ 'labels.txt': LABELS });
  const manifest = await training.write({ 'colors.json': MANIFEST });
  const red = await training.image('red');
  const keys = at('keys');
  const made = async (...words: readonly string[]): Promise<never> =>
    (await runHere(['keygen', '--out', keys, '--json', ...words])).json[0] as never;
  device = await made('--for', 'encryption');
  signing = await made();
  const files = [
    '--name',
    'Colors',
    '--version',
    '1.2.0',
    '--source',
    onnx,
    '--labels',
    labels,
    '--manifest',
    manifest,
    '--golden',
    red,
    '--golden-seen',
  ];
  const words = ['--encrypt', device.publicFile, '--key', signing.privateFile, '--output', at('build'), '--json'];
  const packaged = await runHere(['package', ...files, ...words]);
  expect(packaged.code, packaged.stderr).toBe(0);
  const [{ files: written }] = packaged.json as [{ files: { package: string } }];
  folder = at('build', written.package);
});
afterAll(() => training.remove());

/** Files below a folder that hold a part of the model as it is. */
async function plainCopies(below: string): Promise<readonly string[]> {
  const part = Buffer.from(colorModel()).subarray(0, 64);
  const found: string[] = [];
  for (const entry of await readdir(below, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(file)).includes(part)) found.push(file);
  }
  return found;
}

describe('an encrypted package', () => {
  it('has a private key that its owner alone can read, and a model that nobody can', async () => {
    expect((await stat(device.privateFile)).mode & 0o777).toBe(0o400);
    const { encryption } = JSON.parse(await readFile(path.join(folder, 'model.json'), 'utf8')) as {
      encryption: { files: readonly string[]; keys: readonly object[] };
    };
    expect(encryption).toMatchObject({
      algorithm: 'AES-256-GCM',
      files: ['colors.onnx'],
      keys: [{ kind: 'device', keyId: device.keyId }],
    });
    expect(await plainCopies(at('build'))).toEqual([]);
  });

  it('is verified without its key, and cannot be run without', async () => {
    await copyFile(at('keys', `${signing.keyId}.pub`), at('signing.pub'));
    const verified = await runHere(['verify', '--package', folder, '--key', at('signing.pub'), '--json']);
    expect(verified.json[0]).toMatchObject({ state: 'trusted' });
    const red = await training.image('red');
    const run = await runHere(['predict', '--package', folder, '--image', red, '--json']);
    expect(errorOf(run)).toMatchObject({
      code: 'encryption.no-key',
      message: expect.stringContaining(
        `${device.keyId}: give the file of its private key with --decryption-key`,
      ) as string,
    });
  });

  it('is run by edgeml predict with its key, given as an option or in the environment', async () => {
    const words = ['predict', '--package', folder, '--image', await training.image('red'), '--golden', '--json'];
    const red = [{ predictions: [{ label: 'red' }, {}, {}] }];
    const byOption = await runHere([...words, '--decryption-key', device.privateFile]);
    expect(byOption, byOption.stderr).toMatchObject({ code: 0, json: red });
    expect(await runHere(words, { EDGEML_DECRYPTION_KEY: device.privateFile })).toMatchObject({ code: 0, json: red });
    const other = (await runHere(['keygen', '--out', at('others'), '--for', 'encryption', '--json'])).json[0];
    const wrong = await runHere([...words, '--decryption-key', String(other?.['privateFile'])]);
    expect(errorOf(wrong)).toMatchObject({ code: 'encryption.no-key' });
    const signs = await runHere([...words, '--decryption-key', signing.privateFile]);
    expect(errorOf(signs)).toMatchObject({ code: 'encryption.bad-key' });
  });

  it('serves where its key lies, also after a restart, and its model is on no disk', async () => {
    const trust = at('trust');
    const work = at('work');
    await mkdir(trust, { mode: 0o755 });
    const start = () =>
      startAgentProcess(work, {
        SignaturePolicy: 'require',
        TrustedKeys: { [signing.keyId]: signing.publicKey },
        TrustedKeysFolder: trust,
        Workers: 1,
      });
    const red = await plainPicture(255, 0, 0);
    const score = async ({ client }: Awaited<ReturnType<typeof start>>) =>
      (await client.invoke('Colors', red, { contentType: 'image/png' })).predictions[0]?.label;
    let agent = await start();
    try {
      await expect(agent.client.activate({ path: folder })).rejects.toMatchObject({
        code: 'encryption.no-key',
        message: expect.stringContaining(`this device does not have ${device.keyId}.key`) as string,
      });
      const key = path.join(trust, path.basename(device.privateFile));
      await copyFile(device.privateFile, key);
      await chmod(key, 0o440);
      await expect(agent.client.activate({ path: folder })).rejects.toThrow(/mode 440/);
      await chmod(key, 0o400);
      await agent.client.activate({ path: folder });
      expect(await score(agent)).toBe('red');
      agent.client.close();
      await agent.process.end();
      agent = await start();
      expect(await score(agent)).toBe('red');
      expect(await plainCopies(work)).toEqual([]);
    } finally {
      agent.client.close();
      await agent.process.end();
      await rm(work, { recursive: true });
    }
  });
});

describe('edgeml package --encrypt', () => {
  it('refuses a key that signs', async () => {
    const words = [
      '--source',
      at('colors.onnx'),
      '--output',
      at('other'),
      '--encrypt',
      at('keys', `${signing.keyId}.pub`),
    ];
    expect(errorOf(await runHere(['package', ...words, '--json']))).toMatchObject({ code: 'encryption.bad-key' });
  });
});
