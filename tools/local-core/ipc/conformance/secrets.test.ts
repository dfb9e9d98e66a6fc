import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { secretsFromFile } from '../secrets.ts';
import { allowAll, serviceErrorOf, ipcRig } from '../../../../testing/local-core/ipc-rig.ts';
import type { Client, IpcRig } from '../../../../testing/local-core/ipc-rig.ts';

let folder: string;
let rig: IpcRig;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'secrets-'));
});
afterEach(async () => {
  await rig.close();
  await rm(folder, { recursive: true });
});

async function appWith(document: string, accessControl = allowAll('aws.greengrass.SecretManager')): Promise<Client> {
  const path = join(folder, 'secrets.yaml');
  await writeFile(path, document);
  rig = await ipcRig({ app: { configuration: { accessControl } } }, { secrets: secretsFromFile(path) });
  return rig.connect('app');
}

const versions = `
secrets:
  - name: camera
    arn: arn:aws:secretsmanager:eu-central-1:111122223333:secret:camera-AbCdEf
    versions:
      - { versionId: v2, stages: [AWSCURRENT], secretString: new }
      - { versionId: v1, stages: [AWSPREVIOUS], secretBinary: AAH/ }
`;

describe('GetSecretValue', () => {
  it('gives a secret of a plain file by its name', async () => {
    const client = await appWith('camera: "s3cret"\n');

    expect(await client.getSecretValue({ secretId: 'camera' })).toEqual({
      secretId: 'arn:aws:secretsmanager:local:000000000000:secret:camera-LOCAL0',
      versionId: 'local-1',
      versionStage: ['AWSCURRENT'],
      secretValue: { secretString: 's3cret' },
    });
  });

  it.each([
    [{}, 'v2'],
    [{ versionStage: 'AWSPREVIOUS' }, 'v1'],
    [{ versionId: 'v1' }, 'v1'],
  ])('picks the version for %j', async (which, versionId) => {
    const client = await appWith(versions);

    const secret = await client.getSecretValue({ secretId: 'camera', ...which });

    expect(secret.versionId).toBe(versionId);
  });

  it('gives binary secrets as bytes, and finds by ARN', async () => {
    const client = await appWith(versions);
    const secretId = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:camera-AbCdEf';

    const { secretValue } = await client.getSecretValue({ secretId, versionId: 'v1' });

    expect([...new Uint8Array(secretValue.secretBinary as ArrayBuffer)]).toEqual([0, 1, 255]);
  });

  it('reads the file again', async () => {
    const client = await appWith('camera: old');
    await writeFile(join(folder, 'secrets.yaml'), 'camera: new');

    expect(await client.getSecretValue({ secretId: 'camera' })).toMatchObject({ secretValue: { secretString: 'new' } });
  });

  it.each([
    ['a secret that is not there', { secretId: 'door' }, 'ResourceNotFoundError', 'Secret not configured door'],
    ['a version that is not there', { secretId: 'camera', versionId: 'v9' }, 'ResourceNotFoundError', 'Version Id v9'],
    [
      'a stage that is not there',
      { secretId: 'camera', versionStage: 'X' },
      'ResourceNotFoundError',
      'Version stage X',
    ],
    ['both version and stage', { secretId: 'camera', versionId: 'v1', versionStage: 'X' }, 'ServiceError', 'Both'],
  ])('refuses %s', async (_case, request, _errorCode, text) => {
    const client = await appWith(versions);

    expect(await serviceErrorOf(client.getSecretValue(request))).toMatchObject({
      _errorCode,
      _message: expect.stringContaining(text) as string,
    });
  });

  it('grants by the ARN', async () => {
    const client = await appWith('camera: a\ndoor: b', {
      'aws.greengrass.SecretManager': { 'app:1': { operations: ['*'], resources: ['arn:*:secret:camera-*'] } },
    });

    await expect(client.getSecretValue({ secretId: 'camera' })).resolves.toBeDefined();
    expect(await serviceErrorOf(client.getSecretValue({ secretId: 'door' }))).toMatchObject({
      _errorCode: 'UnauthorizedError',
      _message: expect.stringContaining(
        'on resource arn:aws:secretsmanager:local:000000000000:secret:door-LOCAL0',
      ) as string,
    });
  });

  it.each([
    ['a list that lacks versions', 'secrets: [{ name: camera }]', 'versions'],
    ['a value that is not text', 'camera: { a: 1 }', 'camera'],
    ['no YAML', 'camera: [', 'secrets.yaml'],
  ])('tells what is wrong with %s', async (_case, document, text) => {
    const client = await appWith(document);

    expect(await serviceErrorOf(client.getSecretValue({ secretId: 'camera' }))).toMatchObject({
      _message: expect.stringContaining(text) as string,
    });
  });

  it('is not supported if no secret manager is installed', async () => {
    rig = await ipcRig({ app: {} });
    const client = await rig.connect('app');

    expect(await serviceErrorOf(client.getSecretValue({ secretId: 'camera' }))).toMatchObject({
      _errorCode: 'ServiceError',
      _message: 'Operation aws.greengrass#GetSecretValue is not supported by Greengrass',
    });
  });
});
