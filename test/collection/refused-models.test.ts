import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateSigningKey, parsePrivateKey, signPackage } from '#packages/model-package';
import { AGENT, APP, DETECTOR } from '../../testing/device/collection.ts';
import { Device } from '../../testing/device/device.ts';
import { runHere } from '../../testing/package/in-process.ts';
import { detectorVersion, editManifest, editText, readManifest } from '../../testing/device/model-version.ts';
import { sample } from '../../testing/device/samples.ts';

/** Each case is a deployment of a new detector that must not come into service. */

let device: Device;
let good: string;
const { keyId, privateKey, publicKey } = generateSigningKey();
const sign = (folder: string) => signPackage(folder, parsePrivateKey(privateKey)).then(() => undefined);

beforeAll(async () => {
  // Nothing may hang on how long a retired version stays.
  device = await Device.start({ agent: { RetireGraceSeconds: 0 } });
  good = (await ask()).model.version;
});

afterAll(() => device.stop());

async function ask() {
  return device.agent.invoke('PartsDetector', await readFile(sample('belt-01.jpg')), { contentType: 'image/jpeg' });
}

/** Deploys a package that must be refused, and looks at everything that a user would look at. */
async function deployRefused(
  version: string,
  reason: RegExp,
  change: (folder: string) => Promise<void>,
): Promise<void> {
  const before = { agent: device.pid(AGENT), app: device.pid(APP), answer: (await ask()).predictions };
  const outcome = await device.deploy(await detectorVersion(device.folder(`v${version}`), version, change));

  expect(outcome).toMatchObject({ status: 'FAILED', detailedStatus: 'FAILED_ROLLBACK_COMPLETE' });
  expect(outcome.error).toContain(DETECTOR);
  expect(await device.log(DETECTOR)).toMatch(reason);
  const list = await runHere(['local', 'list', '--root', device.root]);
  expect(list.code).toBe(0);
  expect(list.stdout).toMatch(/Last deployment FAILED \(FAILED_ROLLBACK_COMPLETE\)/);
  expect(list.stdout).toMatch(reason);
  const rows = list.stdout.split('\n').map((line) => line.split(/ +/).slice(0, 3));
  expect(rows).toContainEqual([DETECTOR, good, 'RUNNING']);

  const answer = await ask();
  expect(answer.model.version).toBe(good);
  expect(answer.predictions).toEqual(before.answer);
  expect({ agent: device.pid(AGENT), app: device.pid(APP) }).toEqual({ agent: before.agent, app: before.app });
  await device.drop(sample('belt-01.jpg'), `after-${version}.jpg`);
  expect(await device.results.of(`after-${version}.jpg`)).toMatchObject({ model: { version: good } });
}

describe('a deployment is rolled back, and the old model goes on answering, when the new one', () => {
  it('fails its golden test', () =>
    deployRefused('2.0.0', /golden/, async (folder) => {
      const { golden } = await readManifest(folder);
      for (const { expect: file } of golden)
        await editText(path.join(folder, file), (text) =>
          text.replaceAll(/"box":\s*\[[^\]]*\]/g, '"box":[0,0,0.01,0.01]'),
        );
    }));

  it('holds no readable ONNX', () =>
    deployRefused('2.0.1', /model\.onnx.*(protobuf|parse|ONNX)/i, async (folder) => {
      for (const { file } of (await readManifest(folder)).variants)
        await editText(path.join(folder, file), () => 'this is not a model');
    }));

  it('says other inputs than its ONNX has', () =>
    deployRefused('2.0.2', /300/, (folder) =>
      editManifest(folder, ({ input }) => ({ input: { ...input, width: 300, height: 300 } })),
    ));

  it('was changed after it was signed, where signatures are required', async () => {
    const require = { SignaturePolicy: 'require', TrustedKeys: { [keyId]: publicKey } };
    const signed = await detectorVersion(device.folder('signed'), '1.5.0', sign);
    const deploy = (settings: object) =>
      device.deploy({ ...signed, componentToConfiguration: { [AGENT]: { MERGE: settings } } });
    // The models that serve are not signed.
    const refused = await deploy(require);
    expect(refused).toMatchObject({ status: 'FAILED', error: expect.stringContaining('PartsClassifier') as unknown });
    const outcome = await deploy({ ...require, PolicyChange: 'report' });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
    good = '1.5.0';

    await deployRefused('2.0.3', /labels\.txt/, async (folder) => {
      await sign(folder);
      await writeFile(
        path.join(folder, 'labels.txt'),
        (await readFile(path.join(folder, 'labels.txt'), 'utf8')).replace('bolt', 'gold'),
      );
    });
  });
});

describe('a deployment that is not rolled back, which is the default of greengrass-cli', () => {
  it('leaves the old model answering, however long that lasts', async () => {
    const broken = await detectorVersion(device.folder('v3.0.0'), '3.0.0', (folder) =>
      editManifest(folder, ({ variants }) => ({
        variants: variants.map(() => ({ file: 'labels.txt', precision: 'fp32' })),
      })),
    );
    const before = device.pid(AGENT);
    const outcome = await device.deploy({ ...broken, failureHandlingPolicy: 'DO_NOTHING' });
    expect(outcome).toMatchObject({ status: 'FAILED', detailedStatus: 'FAILED_ROLLBACK_NOT_REQUESTED' });
    expect(device.state(DETECTOR)).toBe('BROKEN');
    expect((await device.agent.models()).find(({ alias }) => alias === 'PartsDetector')).toMatchObject({
      version: good,
      state: 'retiring',
    });
    expect((await ask()).model.version).toBe(good);
    await device.drop(sample('belt-01.jpg'), 'while-broken.jpg');
    expect(await device.results.of('while-broken.jpg')).toMatchObject({ model: { version: good } });
    expect(device.pid(AGENT)).toBe(before);
  });
});
