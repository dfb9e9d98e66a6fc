import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { TEST_KEYS } from '../../testing/object-store/s3-server.ts';
import type { CloudClients } from '../../tools/cloud/clients.ts';
import { connectCloud } from '../../tools/cloud/clients.ts';
import { deprovision } from '../../tools/cloud/provisioning/deprovision.ts';
import { DeviceFolder } from '../../tools/cloud/provisioning/device-files.ts';
import { provision } from '../../tools/cloud/provisioning/provision.ts';
import { policyNameOf } from '../../tools/cloud/provisioning/names.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { startAwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { runHere } from '../../testing/package/in-process.ts';
import { runCommand } from '../../testing/process/run-command.ts';

const ROLE = 'arn:aws:iam::123456789012:role/edgeml-device';
const { signal } = new AbortController();

describe('provision', await needs(awsModels), () => {
  let aws: AwsStandIn;
  let clients: CloudClients;
  let folder: string;

  beforeAll(async () => {
    aws = await startAwsStandIn();
    clients = await connectCloud({ region: 'us-east-1', endpoint: aws.url, credentials: TEST_KEYS, maxAttempts: 1 });
  });
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-provision-'));
    aws.fleet.reset();
    for (const known of [aws.iot.certificates, aws.iot.policies, aws.iot.roleAliases]) known.clear();
    aws.requests.length = 0;
    aws.mishap = () => undefined;
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
    expect(aws.violations).toEqual([]);
  });
  afterAll(async () => {
    clients.close();
    await aws.close();
  });

  const common = () => ({
    thingName: 'gateway-7',
    policyName: 'EdgeML-gateway-7',
    folder: new DeviceFolder(folder),
    signal,
    dryRun: false,
    onRequest: () => undefined,
  });
  const make = (changes: object = {}) =>
    provision(clients, {
      ...common(),
      group: 'hall',
      roleAlias: 'EdgeMLDevices',
      roleArn: ROLE,
      deviceFolder: '/greengrass/v2',
      user: 'ggc_user:ggc_group',
      nucleusVersion: '2.14.0',
      ...changes,
    });
  const command = (...args: string[]) => runHere([...args, '--output', folder], aws.environment);
  const writes = () =>
    aws.requests.filter(({ operation }) => /^(Create|Attach|Add|Update|Detach|Delete)/.test(operation));

  it('row 111: registers a device with all it needs, and its nucleus with all the files it starts from', async () => {
    const words = ['provision', 'gateway-7', '--group', 'hall', '--role-arn', ROLE, '--accelerator', 'cuda'];
    const { code, stdout, stderr } = await runCommand([...words, '--output', folder], aws.environment);
    expect(code).toBe(0);
    expect(stdout).toContain(
      'made group hall, role alias EdgeMLDevices, policy EdgeML-gateway-7, thing gateway-7, certificate',
    );
    expect(stdout + stderr).not.toContain('VERY-SECRET-DEVICE-KEY');
    expect((await readdir(folder)).sort()).toEqual([
      'config.yaml',
      'device.pem.crt',
      'identity.json',
      'private.pem.key',
    ]);
    expect((await stat(path.join(folder, 'private.pem.key'))).mode & 0o777).toBe(0o600);
    const configuration = parse(await readFile(path.join(folder, 'config.yaml'), 'utf8')) as Record<string, unknown>;
    expect(configuration).toMatchObject({
      system: {
        thingName: 'gateway-7',
        rootpath: '/greengrass/v2',
        privateKeyPath: '/greengrass/v2/private.pem.key',
        certificateFilePath: '/greengrass/v2/device.pem.crt',
      },
      services: {
        'aws.greengrass.Nucleus': {
          configuration: {
            awsRegion: 'us-east-1',
            iotRoleAlias: 'EdgeMLDevices',
            iotDataEndpoint: 'test-ats.iot.us-east-1.amazonaws.com',
            iotCredEndpoint: 'test.credentials.iot.us-east-1.amazonaws.com',
            platformOverride: { accelerator: 'cuda' },
          },
        },
      },
    });
    const [certificate] = [...aws.iot.certificates.values()];
    expect([...(certificate?.things ?? []), ...(certificate?.policies ?? [])]).toEqual([
      'gateway-7',
      'EdgeML-gateway-7',
    ]);
    expect([...(aws.fleet.groups.get('hall') ?? [])]).toEqual(['gateway-7']);
    const policy = aws.iot.policies.get('EdgeML-gateway-7') ?? '';
    expect(policy).toContain('topic/edgeml/gateway-7/*');
    expect(policy).toContain('client/gateway-7#*');
    expect(policy).not.toMatch(/"iot:\*"|\$\{/);
  });

  it('makes nothing twice, and a second device has a policy of its own and shares the role alias', async () => {
    await make();
    aws.requests.length = 0;
    expect((await make()).made).toEqual([]);
    expect(writes().map(({ operation }) => operation)).toEqual([
      'AttachPolicy',
      'AttachThingPrincipal',
      'AddThingToThingGroup',
    ]);
    const second = new DeviceFolder(path.join(folder, 'second'));
    expect((await make({ thingName: 'gateway-8', policyName: 'EdgeML-gateway-8', folder: second })).made).toEqual([
      'policy EdgeML-gateway-8',
      'thing gateway-8',
      'certificate',
    ]);
    await expect(make({ thingName: 'gateway-8', policyName: 'EdgeML-gateway-8' })).rejects.toMatchObject({
      code: 'provision.other-device',
    });
    await expect(make({ thingName: 'gateway-8', folder: second })).rejects.toMatchObject({ code: 'provision.differs' });
  });

  it('goes on after an interruption at any request, with one certificate in use', async () => {
    await make();
    const total = aws.requests.length;
    for (let at = 0; at < total; at++) {
      aws.fleet.reset();
      for (const known of [aws.iot.certificates, aws.iot.policies, aws.iot.roleAliases]) known.clear();
      await rm(folder, { recursive: true, force: true });
      const first = aws.requests.length;
      aws.mishap = (_, index) =>
        index >= first + at ? (index === first + at ? 'cut-after' : 'cut-before') : undefined;
      await expect(make(), `request ${at}`).rejects.toMatchObject({ code: 'cloud.unreachable' });
      aws.mishap = () => undefined;
      await make();
      const inUse = [...aws.iot.certificates.values()].filter(({ things }) => things.has('gateway-7'));
      expect(inUse, `request ${at}`).toHaveLength(1);
      expect([...(aws.fleet.groups.get('hall') ?? [])]).toEqual(['gateway-7']);
    }
  });

  it('refuses a policy or role alias of the same name that is something else', async () => {
    await make();
    await expect(make({ roleArn: 'arn:aws:iam::123456789012:role/other' })).rejects.toMatchObject({
      code: 'provision.differs',
    });
    aws.iot.policies.set('EdgeML-gateway-7', '{"Statement":[]}');
    await expect(make()).rejects.toMatchObject({ code: 'provision.differs' });
  });

  it('prints with --dry-run what it would make, and makes nothing', async () => {
    const { code, json } = await command(
      'provision',
      'gateway-7',
      '--group',
      'hall',
      '--role-arn',
      ROLE,
      '--dry-run',
      '--json',
    );
    expect(code).toBe(0);
    expect(writes()).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
    const announced = json.map(({ operation }) => operation);
    aws.requests.length = 0;
    await make();
    expect(announced).toEqual(writes().map(({ operation }) => operation));
  });

  it('row 111: takes a device out of the fleet again, also in two attempts', async () => {
    await make();
    const total = 10;
    for (let at = 1; at < total; at++) {
      await make();
      const first = aws.requests.length;
      aws.mishap = (_, index) => (index >= first + at ? 'cut-before' : undefined);
      await deprovision(clients, common()).catch(() => undefined);
      aws.mishap = () => undefined;
      await deprovision(clients, common());
      const left = [aws.iot.certificates.size, aws.fleet.things.size, aws.iot.policies.size];
      expect(left, `request ${at}`).toEqual([0, 0, 0]);
      expect(await readdir(folder)).toEqual([]);
    }
    await make();
    const words = ['deprovision', 'gateway-7', '--output', folder];
    const { code, stdout } = await runCommand(words, aws.environment);
    expect([code, stdout]).toEqual([0, 'gateway-7 is gone.\n']);
  });

  it('detaches policies that others have, too, and keeps them', async () => {
    await make();
    await make({
      thingName: 'gateway-8',
      policyName: 'EdgeML-gateway-8',
      folder: new DeviceFolder(path.join(folder, '8')),
    });
    const [first, second] = [...aws.iot.certificates.values()];
    aws.iot.policies.set('OfTheFactory', '{}');
    for (const certificate of [first, second]) certificate?.policies.add('OfTheFactory');
    await deprovision(clients, common());
    expect([...aws.iot.policies.keys()].sort()).toEqual(['EdgeML-gateway-8', 'OfTheFactory']);
    await deprovision(clients, {
      ...common(),
      thingName: 'gateway-8',
      policyName: 'OfTheFactory',
      folder: new DeviceFolder(path.join(folder, '8')),
    });
    expect([...aws.iot.policies.keys()]).toEqual(['EdgeML-gateway-8']);
  });

  it('names policies as AWS IoT lets them be named', () => {
    expect(policyNameOf('hall:2_gateway-7')).toBe('EdgeML-hall.2_gateway-7');
    const [one, other] = ['a', 'b'].map((end) => policyNameOf(`${'x'.repeat(127)}${end}`));
    expect([one?.length, other?.length, one === other]).toEqual([128, 128, false]);
  });

  it('does not guess which certificate a device has', async () => {
    await make();
    await writeFile(path.join(folder, 'identity.json'), '');
    await rm(path.join(folder, 'identity.json'));
    await expect(deprovision(clients, common())).rejects.toMatchObject({ code: 'provision.unknown-certificate' });
    const wrong = await command('provision', 'gate way', '--role-arn', ROLE);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('provision.name') as string]);
  });
});
