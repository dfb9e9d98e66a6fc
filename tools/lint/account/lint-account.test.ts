import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../../../testing/package/in-process.ts';
import { PROJECT } from '../../bundle/project.ts';
import { devicePolicy } from '../../cloud/provisioning/device-policy.ts';

const FLEET = path.join(PROJECT, 'infrastructure', 'fleet.yaml');
const THING = {
  account: '123456789012',
  partition: 'aws-cn',
  region: 'cn-north-1',
  roleAlias: 'Devices',
  thingName: 'gw-1',
};

interface Issue {
  readonly severity: string;
  readonly code: string;
  readonly pointer: string;
  readonly message: string;
}

describe('lint of role and policy', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-account-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const file = async (name: string, text: string): Promise<string> => {
    const at = path.join(folder, name);
    await writeFile(at, text);
    return at;
  };
  const lint = async (...files: string[]) => {
    const { code, json } = await runHere(['lint', '--json', ...files]);
    const { issues, policies } = json[0] as { issues: Issue[]; policies: number };
    return { code, policies, issues: issues.filter(({ severity }) => severity !== 'info') };
  };

  it('finds nothing missing in the template and in the policy that provision makes', async () => {
    const policy = await file('device.json', devicePolicy(THING));
    expect(await lint(FLEET, policy)).toEqual({ code: 0, policies: 2, issues: [] });
  });

  it.each([
    ['s3:GetBucketLocation', 'the nucleus asks for the region of a bucket'],
    ['s3:GetObject', 'the nucleus does not get artifacts'],
    ['s3:PutObject', 'edgeml.FeedbackUploader does not upload samples'],
    ['logs:PutLogEvents', 'the log manager does not bring logs to CloudWatch'],
  ])('names %s if the template lacks it, and what does not work then', async (action, why) => {
    const old = await file('old.yaml', (await readFile(FLEET, 'utf8')).replaceAll(action, 's3:GetObjectTagging'));
    const { code, issues } = await lint(old);
    expect(issues).toEqual([
      expect.objectContaining({
        code: 'policy.missing-action',
        pointer: '/Resources/DeviceRole',
        message: expect.stringContaining(`DeviceRole does not allow ${action}: ${why}`) as string,
      }),
    ]);
    expect(code).toBe(action.startsWith('s3:') ? 1 : 0);
  });

  it('reads a role whose artifacts lie in one bucket and whose regions it may ask of another', async () => {
    const statement = (Action: string[], Resource: string) => ({ Effect: 'Allow', Action, Resource });
    const role = {
      Version: '2012-10-17',
      Statement: [
        statement(['s3:GetObject'], 'arn:aws:s3:::mine/*'),
        statement(['s3:GetBucketLocation'], 'arn:aws:s3:::other'),
        statement(['s3:*'], 'arn:aws:s3:::samples/*'),
        statement(['logs:*'], '*'),
      ],
    };
    const { issues } = await lint(await file('role.json', JSON.stringify(role)));
    expect(issues.map(({ message }) => message)).toEqual([
      expect.stringContaining('the role of devices does not allow s3:GetBucketLocation'),
    ]);
  });

  it.each([
    ['client/gw-1#*', 'client/none', 'iot:Connect: the nucleus opens further MQTT clients'],
    ['topic/edgeml/gw-1/*', 'topic/other/*', 'iot:Publish: heartbeats of edgeml.InferenceAgent do not arrive'],
    ['rolealias/Devices', 'thing/none', 'iot:AssumeRoleWithCertificate: no component gets keys of the role'],
    ['greengrass:ResolveComponentCandidates', 'greengrass:None', 'the nucleus does not find component versions'],
  ])('names what a policy without %s breaks', async (had, has, why) => {
    const { issues } = await lint(await file('device.json', devicePolicy(THING).replace(had, has)));
    expect(issues.map(({ message }) => message)).toContainEqual(expect.stringContaining(why));
  });

  it('holds a policy against the access control of other recipes, too', async () => {
    const recipe = `RecipeFormatVersion: '2020-01-25'
ComponentName: com.example.Alarm
ComponentVersion: '1.0.0'
ComponentConfiguration:
  DefaultConfiguration:
    accessControl:
      aws.greengrass.ipc.mqttproxy:
        com.example.Alarm:mqttproxy:1:
          operations: [aws.greengrass#SubscribeToIoTCore]
          resources: [alarms/+/state]
Manifests: [{ Platform: { os: linux, runtime: '*' }, Lifecycle: { run: echo } }]
`;
    const policy = await file('device.json', devicePolicy(THING));
    const { issues } = await lint(policy, await file('alarm.yaml', recipe));
    const missing = issues.filter(({ code }) => code === 'policy.missing-action').map(({ message }) => message);
    expect(missing).toEqual([
      'the policy of devices does not allow iot:Subscribe: com.example.Alarm does not hear alarms/+/state.',
      'the policy of devices does not allow iot:Receive: com.example.Alarm does not hear alarms/+/state.',
    ]);
  });

  it('says which statements it does not read, and which the devices do not', async () => {
    const odd = {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', NotAction: 'iot:DeleteThing', Resource: '*' },
    };
    expect((await lint(await file('odd.json', JSON.stringify(odd)))).issues).toContainEqual(
      expect.objectContaining({ code: 'policy.unread' }),
    );
    const variables = devicePolicy(THING).replaceAll('gw-1', '${iot:Connection.Thing.ThingName}');
    const { issues } = await lint(await file('variables.json', variables));
    expect(issues.map(({ code }) => code)).toContain('policy.thing-variable');
  });
});
