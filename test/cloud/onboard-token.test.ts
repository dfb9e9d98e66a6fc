import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createPublicKey } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { startAwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { SOFT_TOKEN, softToken } from '../../testing/outside-data/programs.ts';
import { runHere } from '../../testing/package/in-process.ts';

const run = promisify(execFile);
const PIN = '648219';

describe('a device whose key lies in a token', await needs(awsModels, softToken), () => {
  let aws: AwsStandIn;
  let folder: string;
  let environment: NodeJS.ProcessEnv;
  let slot: string;

  beforeAll(async () => {
    aws = await startAwsStandIn('fleet');
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-token-'));
    await mkdir(path.join(folder, 'tokens'));
    await writeFile(path.join(folder, 'softhsm2.conf'), `directories.tokendir = ${folder}/tokens\n`);
    environment = { ...process.env, SOFTHSM2_CONF: path.join(folder, 'softhsm2.conf'), PKCS11_PIN: PIN };
    const init = ['--init-token', '--free', '--label', 'device', '--pin', PIN, '--so-pin', PIN];
    const { stdout } = await token('softhsm2-util', ...init);
    slot = /reassigned to slot (\d+)/.exec(stdout)?.[1] ?? '';
    const key = ['--keypairgen', '--key-type', 'EC:prime256v1', '--label', 'edgeml'];
    await token('pkcs11-tool', '--module', SOFT_TOKEN, '--login', '--pin', PIN, ...key);
  });
  afterAll(async () => {
    await aws.close();
    await rm(folder, { recursive: true });
  });

  const token = (name: string, ...words: readonly string[]) => run(name, words, { env: environment });

  it('requests its certificate with that key, which stays in the token', async () => {
    const output = path.join(folder, 'class');
    const words = [
      '--output',
      output,
      '--device-folder',
      output,
      '--pkcs11-library',
      SOFT_TOKEN,
      '--pkcs11-slot',
      slot,
    ];
    const onboarded = await runHere(['onboard', 'gateway', ...words], aws.environment);
    expect(onboarded.code, onboarded.stderr).toBe(0);
    await mkdir(path.join(output, 'claim'), { recursive: true });
    await run('sh', ['first-boot.sh', 'SN7'], { cwd: output, env: environment });

    const request = path.join(output, 'claim/device.csr');
    const openssl = ['req', '-in', request, '-noout', '-verify', '-subject', '-pubkey'];
    const { stdout, stderr } = await run('openssl', openssl);
    expect(stdout + stderr).toMatch(/verify OK/);
    expect(stdout).toMatch(/subject=CN ?= ?gateway-SN7/);
    const { stdout: point } = await run(
      'pkcs11-tool',
      ['--module', SOFT_TOKEN, '--read-object', '--type', 'pubkey', '--label', 'edgeml'],
      { env: environment, encoding: 'buffer' },
    );
    const asked = createPublicKey(stdout.slice(stdout.indexOf('-----BEGIN')));
    expect(asked.export({ type: 'spki', format: 'der' })).toEqual(point);

    const { services } = parse(await readFile(path.join(output, 'config.yaml'), 'utf8')) as {
      services: Record<string, { configuration: Record<string, unknown> }>;
    };
    expect(services['aws.greengrass.crypto.Pkcs11Provider']?.configuration).toMatchObject({
      library: SOFT_TOKEN,
      slot: Number(slot),
    });
    const object = 'pkcs11:object=edgeml;type=private';
    const plugin = services['aws.greengrass.FleetProvisioningByClaim']?.configuration;
    expect(plugin).toMatchObject({
      claimCertificatePrivateKeyPath: object,
      csrPrivateKeyPath: object,
      csrPath: request,
    });
    expect((await readdir(output, { recursive: true })).filter((file) => file.endsWith('.key'))).toEqual([]);
  });
});
