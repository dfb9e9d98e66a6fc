import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startAwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { sampleBuild } from '../../testing/cloud/sample-build.ts';
import { putHeartbeat } from '../../testing/cloud/sample-heartbeat.ts';
import { putIndexed, sampleState } from '../../testing/cloud/sample-state.ts';
import { certificateRequests, roleRequests } from '../../testing/iam/device-requests.ts';
import { allows } from '../../tools/lint/account/policy.ts';
import type { Policy } from '../../tools/lint/account/policy.ts';
import { refusals, refusedOf } from '../../testing/iam/permissions.ts';
import { Template } from '../../tools/lint/account/template.ts';
import { unreasonedWildcards } from '../../testing/iam/wildcards.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { iamEngine } from '../../testing/outside-data/python.ts';
import { runHere } from '../../testing/package/in-process.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { devicePolicy } from '../../tools/cloud/provisioning/device-policy.ts';

const FLEET = 'edgeml-fleet';
const GDK_BUCKET = 'edgeml-components-us-east-1-123456789012';
const THING = { account: '123456789012', partition: 'aws', region: 'us-east-1', roleAlias: 'EdgeMLDevices' };
const PARAMETERS = {
  FleetStack: FLEET,
  ModelPackageGroup: 'StreetDetector',
  CodeBucket: 'code',
  ModelBucketArn: 'arn:aws:s3:::models',
  SigningKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/sign',
  ApproverEmail: 'a@example.com',
};

/** The same policy as if somebody had forgotten an action. */
function without(policy: Policy, action: string): Policy {
  const Statement = policy.Statement.map((one) => ({
    ...one,
    Action: [one.Action].flat().filter((name) => name !== action),
  }));
  return { ...policy, Statement };
}

describe('permissions', await needs(awsModels, iamEngine), () => {
  let fleet: Template;
  let pipeline: Template;
  let builds: Policy;

  beforeAll(async () => {
    fleet = await Template.read('fleet.yaml', FLEET);
    pipeline = await Template.read('pipeline.yaml', 'edgeml-pipeline', PARAMETERS, fleet.exports);
    builds = pipeline.policyOf('BuildRole', fleet.managedPolicy('Deploying'));
  });

  describe('of a device', () => {
    const role = () => roleRequests([`${FLEET}-components`, GDK_BUCKET], `${FLEET}-samples`);

    it('are enough for the nucleus, the logs and the uploader, whoever published the artifacts', async () => {
      expect(await refusedOf(fleet.policyOf('DeviceRole'), role())).toEqual([]);
    });

    it('would not be without the region of buckets: no artifact would come', async () => {
      const old = without(fleet.policyOf('DeviceRole'), 's3:GetBucketLocation');
      expect(await refusedOf(old, role())).toEqual([
        `s3:GetBucketLocation on arn:aws:s3:::${GDK_BUCKET}`,
        `s3:GetBucketLocation on arn:aws:s3:::${FLEET}-components`,
      ]);
    });

    it('end at the buckets of the fleet', async () => {
      const elsewhere = roleRequests(['others'], 'others').filter(({ action }) => action.startsWith('s3:'));
      expect(await refusedOf(fleet.policyOf('DeviceRole'), elsewhere)).toHaveLength(elsewhere.length);
    });

    it('let it use the key of the data, if there is one', async () => {
      const DataKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/data';
      const encrypted = await Template.read('fleet.yaml', FLEET, { DataKeyArn });
      const needed = ['kms:GenerateDataKey', 'kms:Decrypt'].map((action) => ({ action, resource: DataKeyArn }));
      expect(await refusedOf(encrypted.policyOf('DeviceRole'), needed)).toEqual([]);
      expect(await refusedOf(fleet.policyOf('DeviceRole'), needed)).toHaveLength(2);
    });

    it.each(['gateway-1', 'hall:2_gateway-1'])(
      'on AWS IoT are enough for %s and all its MQTT clients',
      async (thingName) => {
        const policy = JSON.parse(devicePolicy({ ...THING, thingName })) as Policy;
        expect(await refusedOf(policy, certificateRequests(thingName, 'EdgeMLDevices'))).toEqual([]);
      },
    );

    it('on AWS IoT are for no other device, not even one whose name goes on', async () => {
      const policy = JSON.parse(devicePolicy({ ...THING, thingName: 'gateway-1' })) as Policy;
      const others = certificateRequests('gateway-10', 'other').filter(({ action }) => action.startsWith('iot:'));
      expect(await refusedOf(policy, others)).toHaveLength(others.length);
    });

    it('are judged by lint as by the engine', async () => {
      const own = JSON.parse(devicePolicy({ ...THING, thingName: 'gateway-1' })) as Policy;
      const needed = [...certificateRequests('gateway-1', 'EdgeMLDevices'), ...certificateRequests('gateway-10', 'x')];
      const denying: Policy = {
        ...own,
        Statement: [...own.Statement, { Effect: 'Deny', Action: 'iot:*', Resource: 'arn:aws:iot:*:*:topic/$aws/*' }],
      };
      for (const [policy, asked] of [
        [own, needed],
        [denying, needed],
        [fleet.policyOf('DeviceRole'), [...role(), ...roleRequests(['others'], 'others')]],
      ] as const) {
        const refused = asked.filter(({ action, resource }) => !allows(policy, action, resource));
        const texts = [...new Set(refused.map(({ action, resource }) => `${action} on ${resource}`))].sort();
        expect(texts).toEqual(await refusedOf(policy, asked));
        expect(texts.length).toBeLessThan(asked.length);
      }
    });

    it('on AWS IoT hold no policy variable, and fit into a policy with the longest names', () => {
      const policy = devicePolicy({ ...THING, thingName: 't'.repeat(128), roleAlias: 'r'.repeat(128) });
      expect(policy).not.toContain('${');
      expect(policy.length).toBeLessThanOrEqual(2048);
    });
  });

  describe('of the commands', () => {
    let aws: AwsStandIn;
    let folder: string;
    const command = async (...words: string[]): Promise<void> => {
      const { code, stderr } = await runHere(words);
      expect(code, stderr).toBe(0);
    };

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'edgeml-permissions-'));
      aws = await startAwsStandIn(`${FLEET}-components`, `${FLEET}-fleet`);
      for (const [name, value] of Object.entries(aws.environment)) vi.stubEnv(name, value);
    });
    afterAll(async () => {
      vi.unstubAllEnvs();
      await aws.close();
      await rm(folder, { recursive: true, force: true });
    });

    it('that publish, deploy, follow and roll back are in Deploying, dependent actions included', async () => {
      const build = await sampleBuild({ name: 'test.Model' });
      const publish = (version: string) =>
        command('publish', '--bucket', `${FLEET}-components`, '--build', build.folder, '--component', version);
      await publish('test.Model');
      await publish('test.Model');
      await build.write({ name: 'test.Other' });
      await publish('test.Other');
      await build.remove();
      aws.fleet.addThing('gateway-1', 'hall');
      await command('deploy', 'test.Model=1.0.0', '--group', 'hall', '--wait');
      aws.fleet.outcome = () => ({ status: 'FAILED', component: 'test.Other', reason: 'broken' });
      await command('deploy', 'test.Other=1.0.0', '--group', 'hall');
      await runHere(['status', '--group', 'hall']);
      await command('rollback', '--group', 'hall');
      await command('fleet', '--group', 'hall', '--heartbeats', 's3://heartbeats/heartbeats');

      const policy = fleet.managedPolicy('Deploying');
      // The heartbeats of tests lie in a bucket of their own.
      const requests = aws.requests.map((one) => ({
        ...one,
        operation: one.operation.replace('/heartbeats', `/${FLEET}-fleet`),
      }));
      expect(requests.length).toBeGreaterThan(20);
      expect(await refusals(policy, requests)).toEqual([]);
      expect(await refusals(without(policy, 'iot:UpdateJob'), requests)).toContainEqual(
        expect.stringMatching(/^iot:UpdateJob on /),
      );
    });

    it('that provision, divide and take away devices are in Provisioning', async () => {
      aws.fleet.reset();
      aws.requests.length = 0;
      const output = path.join(folder, 'gateway-7');
      const device = ['gateway-7', '--output', output];
      const roleArn = fleet.arn('DeviceRole');
      await command('provision', ...device, '--group', 'hall', '--role-arn', roleArn);
      await command('rings', 'canary=gateway-7', '--group', 'hall');
      await command('deprovision', ...device);

      const { requests } = aws;
      expect(requests.map(({ operation }) => operation)).toContain('CreateRoleAlias');
      const policy = fleet.managedPolicy('Provisioning');
      expect(await refusals(policy, requests)).toEqual([]);
      expect(await refusals(without(policy, 'iam:PassRole'), requests)).toEqual([`iam:PassRole on ${roleArn}`]);
    });

    it('that ask the fleet index are in Deploying, and that turn it on in Provisioning', async () => {
      aws.fleet.reset();
      aws.requests.length = 0;
      aws.fleet.addThing('gateway-1', 'hall');
      await command('fleet-index', '--enable');
      await command('rings', 'canary=@ring:canary', '--group', 'hall');
      expect(await refusals(fleet.managedPolicy('Provisioning'), aws.requests)).toEqual([]);
      aws.requests.length = 0;
      putIndexed(aws.index, { thing: 'gateway-1', connected: true, state: sampleState() });
      await command('fleet', '--html', path.join(folder, 'fleet.html'), '--report');
      await command('fleet', 'gateway-1');
      const operations = aws.requests.map(({ operation }) => operation);
      expect(operations).toEqual(expect.arrayContaining(['SearchIndex', 'GetStatistics', 'GetBucketsAggregation']));
      expect(await refusals(fleet.managedPolicy('Deploying'), aws.requests)).toEqual([]);
    });

    it('that promote are in Deploying, and in what builds of the pipeline may do', async () => {
      aws.fleet.reset();
      aws.requests.length = 0;
      for (const thing of ['gateway-1', 'gateway-2']) {
        aws.fleet.addThing(thing, 'canary');
        const DiskFreeBytes = thing === 'gateway-2' ? 0 : 100_000_000;
        putHeartbeat(aws.memoryBucket, thing, { Device: { DiskFreeBytes } });
      }
      const plan = path.join(folder, 'plan.yaml');
      await writeFile(
        plan,
        JSON.stringify({
          name: 'one',
          components: { 'test.Model': { componentVersion: '1.0.0' } },
          heartbeats: 's3://heartbeats/heartbeats',
          canary: { group: 'canary' },
          gate: { models: [{ name: 'PartsDetector', version: '1.0.0', active: false }], waitMinutes: 0.001 },
        }),
      );
      const words = ['promote', plan, '--state', `s3://${FLEET}-fleet/promotions/one.json`, '--every', '0.01'];
      await runHere(words);
      await runHere([...words, '--abort']);
      const requests = aws.requests.map((one) => ({
        ...one,
        operation: one.operation.replace('/heartbeats', `/${FLEET}-fleet`),
      }));
      const operations = requests.map(({ operation }) => operation);
      expect(operations).toEqual(expect.arrayContaining(['CreateDeployment', 'RemoveThingFromThingGroup']));
      expect(await refusals(builds, requests)).toEqual([]);
    });
  });

  it('of the builds are enough for CodeBuild itself: source, logs, reports', async () => {
    const project = 'edgeml-pipeline-build';
    const group = `arn:aws:logs:us-east-1:123456789012:log-group:/aws/codebuild/${project}`;
    const report = `arn:aws:codebuild:us-east-1:123456789012:report-group/${project}-twin`;
    const needed = [
      { action: 's3:GetObject', resource: 'arn:aws:s3:::code/source.zip' },
      { action: 's3:GetObjectVersion', resource: 'arn:aws:s3:::code/source.zip' },
      { action: 's3:GetBucketAcl', resource: 'arn:aws:s3:::code' },
      { action: 's3:GetBucketLocation', resource: 'arn:aws:s3:::code' },
      { action: 'logs:CreateLogGroup', resource: group },
      { action: 'logs:CreateLogStream', resource: `${group}:log-stream:one` },
      { action: 'logs:PutLogEvents', resource: `${group}:log-stream:one` },
      ...['CreateReportGroup', 'CreateReport', 'UpdateReport', 'BatchPutTestCases'].map((name) => ({
        action: `codebuild:${name}`,
        resource: report,
      })),
    ];
    expect(await refusedOf(builds, needed)).toEqual([]);
    expect(await refusedOf(without(builds, 'codebuild:CreateReport'), needed)).toEqual([
      `codebuild:CreateReport on ${report}`,
    ]);
  });

  it('of the builds are enough to fetch a model, also one that a key of AWS KMS encrypts', async () => {
    const ModelKeyArn = 'arn:aws:kms:us-east-1:123456789012:key/models';
    const encrypted = new Template(
      await readFile(path.join(PROJECT, 'infrastructure/pipeline.yaml'), 'utf8'),
      'edgeml-pipeline',
      { ...PARAMETERS, ModelKeyArn },
      fleet.exports,
    );
    const requests = [
      ['sagemaker', 'DescribeModelPackage', { modelPackageName: 'StreetDetector/7' }],
      ['kms', 'GetPublicKey', { keyId: 'sign' }],
      ['kms', 'Sign', { keyId: 'sign' }],
      ['s3', 'HEAD /models/job-7/model.tar.gz', {}],
      ['s3', 'GET /models/job-7/model.tar.gz', {}],
      ['s3', `GET /${FLEET}-fleet/`, {}],
      ['s3', `GET /${FLEET}-fleet/pictures/StreetDetector/one.jpg`, {}],
      ['s3', `PUT /${FLEET}-fleet/promotions/one/twin/report.html`, {}],
    ] as const;
    const asked = requests.map(([service, operation, input]) => ({ service, operation, input }));
    expect(await refusals(builds, asked)).toEqual([]);
    const decrypt = [{ action: 'kms:Decrypt', resource: ModelKeyArn }];
    expect(await refusedOf(encrypted.policyOf('BuildRole'), decrypt)).toEqual([]);
    expect(await refusedOf(builds, decrypt)).toEqual([`kms:Decrypt on ${ModelKeyArn}`]);
  });

  it('of the state machine are enough for each of its tasks', async () => {
    const { Definition } = pipeline.resources['Pipeline']?.Properties as {
      Definition: { States: Record<string, { Type: string; Resource?: string }> };
    };
    const resources = new Set(Object.values(Definition.States).flatMap(({ Resource = [] }) => Resource));
    const rule = 'arn:aws:events:us-east-1:123456789012:rule/StepFunctionsGetEventForCodeBuildStartBuildRule';
    const of: Record<string, readonly (readonly [string, string])[]> = {
      'arn:aws:states:::codebuild:startBuild.sync': [
        ...['StartBuild', 'StopBuild', 'BatchGetBuilds'].map(
          (name) => [`codebuild:${name}`, pipeline.arn('Build')] as const,
        ),
        [
          'codebuild:BatchGetReports',
          'arn:aws:codebuild:us-east-1:123456789012:report-group/edgeml-pipeline-build-twin',
        ],
        ...['PutTargets', 'PutRule', 'DescribeRule'].map((name) => [`events:${name}`, rule] as const),
      ],
      'arn:aws:states:::sns:publish': [['sns:Publish', pipeline.ref('Approval')]],
      'arn:aws:states:::sns:publish.waitForTaskToken': [['sns:Publish', pipeline.ref('Approval')]],
      [pipeline.arn('Start')]: [['lambda:InvokeFunction', pipeline.arn('Start')]],
    };
    expect([...resources].sort()).toEqual(Object.keys(of).sort());
    const needed = Object.values(of)
      .flat()
      .map(([action, resource]) => ({ action, resource }));
    expect(await refusedOf(pipeline.policyOf('PipelineRole'), needed)).toEqual([]);
  });

  it('of the function and of the rule for heartbeats are enough for what they do', async () => {
    const machine = pipeline.ref('Pipeline');
    const start = [
      { action: 'states:StartExecution', resource: machine },
      { action: 'states:ListExecutions', resource: machine },
      { action: 'states:StopExecution', resource: `${machine.replace(':stateMachine:', ':execution:')}:run` },
      { action: 'states:DescribeExecution', resource: `${machine.replace(':stateMachine:', ':execution:')}:run` },
      { action: 's3:GetObject', resource: `arn:aws:s3:::${FLEET}-fleet/champions/StreetDetector/6.0.0.json` },
      {
        action: 'sagemaker:DescribeModelPackage',
        resource: 'arn:aws:sagemaker:us-east-1:123456789012:model-package/StreetDetector/7',
      },
      { action: 's3:GetObject', resource: `arn:aws:s3:::${FLEET}-fleet/promotions/StreetDetector-7.0.0.json` },
      { action: 's3:GetObject', resource: `arn:aws:s3:::${FLEET}-fleet/promotions/run/golden/labels-shifted.json` },
      { action: 's3:ListBucket', resource: `arn:aws:s3:::${FLEET}-fleet` },
    ];
    expect(await refusedOf(pipeline.policyOf('StartRole'), start)).toEqual([]);
    const log = fleet.arn('HeartbeatErrors').replace(/\*$/, 'log-stream:one');
    const heartbeat = [
      { action: 's3:PutObject', resource: `arn:aws:s3:::${FLEET}-fleet/heartbeats/gateway-1/1.json` },
      { action: 'logs:CreateLogStream', resource: log },
      { action: 'logs:PutLogEvents', resource: log },
    ];
    expect(await refusedOf(fleet.policyOf('HeartbeatRole'), heartbeat)).toEqual([]);
  });

  it('give a reason for every wildcard', async () => {
    for (const template of [fleet, pipeline]) expect(await unreasonedWildcards(template)).toEqual([]);
    const text = await readFile(path.join(PROJECT, 'infrastructure/fleet.yaml'), 'utf8');
    const silent = new Template(text.replace(/^ +Jobs: Greengrass numbers the jobs.*\n/m, ''), FLEET);
    expect(await unreasonedWildcards(silent)).toContainEqual(expect.stringMatching(/^Deploying: iot:CreateJob on /));
    const greedy = new Template(text.replace('Action: s3:GetObject', 'Action: s3:*'), FLEET);
    expect(await unreasonedWildcards(greedy)).toContainEqual(expect.stringMatching(/^DeviceRole: s3:\* on /));
  });

  it('name the partition nowhere', async () => {
    for (const name of await readdir(path.join(PROJECT, 'infrastructure')))
      expect(await readFile(path.join(PROJECT, 'infrastructure', name), 'utf8'), name).not.toContain('arn:aws:');
  });
});
