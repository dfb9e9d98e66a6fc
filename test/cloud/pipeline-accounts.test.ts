import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { startAwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { iamEngine } from '../../testing/outside-data/python.ts';
import { BuildMachine } from '../../testing/pipeline/build-machine.ts';
import { runPipeline } from '../../testing/pipeline/run-pipeline.ts';
import { handleAlarm } from '../../tools/cloud/pipeline/handle-alarm.ts';
import { handlePackageEvent } from '../../tools/cloud/pipeline/handle-event.ts';
import type { RunInput } from '../../tools/cloud/pipeline/handle-event.ts';
import { checkPlan } from '../../tools/cloud/promotion/promotion-plan.ts';
import { Template } from '../../tools/lint/account/template.ts';

const PIPELINE = 'edgeml-artifacts';
const ACCOUNTS = {
  ModelPackageGroup: 'Street',
  CodeBucket: PIPELINE,
  ModelBucketArn: 'arn:aws:s3:::models',
  SigningKeyArn: 'arn:aws:kms:us-east-1:111111111111:key/sign',
  ApproverEmail: 'a@example.com',
  ProductionDeployerArn: 'arn:aws:iam::333333333333:role/edgeml-deployer',
  PreproductionDeployerArn: 'arn:aws:iam::222222222222:role/edgeml-deployer',
  PipelineBucket: PIPELINE,
  PipelineKeyArn: 'arn:aws:kms:us-east-1:111111111111:key/artifacts',
  ComponentsBucket: 'production-components',
  HeartbeatsBucket: 'production-fleet',
  TwinComponentsBucket: 'preproduction-components',
  TwinInstance: 'i-0123456789',
  ProductionAccount: '333333333333',
};
const INPUT: RunInput = {
  action: 'promote',
  modelPackageArn: 'arn:aws:sagemaker:us-east-1:111111111111:model-package/Street/2',
  modelName: 'Street',
  modelVersion: '2.0.0',
};

describe.sequential('the pipeline from account to account', await needs(awsModels, iamEngine), () => {
  let aws: AwsStandIn;
  let machine: BuildMachine;
  let definition: object;
  let topic: string;
  let environment: Record<string, string>;
  let handler: (event: unknown) => Promise<unknown>;
  let mails: string[];

  beforeAll(async () => {
    aws = await startAwsStandIn(PIPELINE);
    for (const [name, value] of Object.entries({ ...aws.environment, FLEET_BUCKET: PIPELINE })) vi.stubEnv(name, value);
    ({ handler } = await import('../../tools/cloud/pipeline/lambda.ts'));
    const template = await Template.read('pipeline.yaml', 'edgeml-pipeline', ACCOUNTS);
    definition = template.resources['Pipeline']?.Properties['Definition'] as object;
    topic = template.ref('Approval');
    const { Environment } = template.resources['Build']?.Properties as {
      Environment: { EnvironmentVariables: ({ Name: string; Value: string } | undefined)[] };
    };
    const given = Environment.EnvironmentVariables.flatMap((one) => (one ? [[one.Name, one.Value] as const] : []));
    environment = Object.fromEntries(given);
    machine = await BuildMachine.make();
    const canary = { group: 'canary', status: 'passed', deploymentId: 'd', report: { reason: '5 of 5', findings: [] } };
    const state = { schemaVersion: 1, name: 'Street-2.0.0', planDigest: 'p', status: 'awaiting-approval' };
    const Body = JSON.stringify({ ...state, stages: [canary, { group: 'wave-1', status: 'waiting' }] });
    const Key = 'promotions/Street-2.0.0.json';
    await aws.s3.send(new PutObjectCommand({ Bucket: PIPELINE, Key, Body }));
  });
  beforeEach(async () => {
    mails = [];
    await machine.answer(['Success']);
    await machine.fail('nothing');
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await machine.remove();
    await aws.close();
  });

  const build = (specification: string, variables: Readonly<Record<string, string>>): Promise<boolean> =>
    machine.run(specification, { ...environment, ...variables });
  const execute = (name: string, input: RunInput, answer: (mail: string) => readonly string[] | undefined) => {
    const mail = (text: string) => {
      mails.push(text);
      return answer(text);
    };
    return runPipeline({ definition, topic, name, input }, { build, invoke: handler, mail });
  };
  const approve = (mail: string): readonly string[] | undefined => {
    const lines = mail.split('\n');
    return lines[lines.indexOf('Approve:') + 1]?.split(' ').slice(2);
  };

  it('goes from tooling over the twin in pre-production to the rings in production', async () => {
    await machine.answer(['Pending', 'InProgress', 'Success']);
    const end = await execute('run-1', INPUT, approve);
    expect(end).toMatchObject({
      status: 'SUCCEEDED',
      states: ['Begin', 'Package', 'Twin', 'Canary', 'Summarize', 'Ask', 'Production'],
    });
    const calls = await machine.takeCalls();
    const state = `s3://${PIPELINE}/promotions/Street-2.0.0.json`;
    const wanted = [
      'own edgeml twin --build .edgeml/model --plan plan.yaml --held-back held-back',
      'own edgeml publish --build .edgeml/model --bucket preproduction-components --profile preproduction',
      `own aws s3 cp .edgeml/model s3://${PIPELINE}/promotions/run-1/build --recursive`,
      '222222222222 aws ec2 start-instances --profile preproduction --instance-ids i-0123456789',
      'own edgeml deploy edgeml.model.Street=2.0.0 --group edgeml-twin --models trusted --wait --timeout 3600 --profile preproduction',
      '222222222222 aws ssm send-command --profile preproduction --document-name edgeml-twin --instance-ids i-0123456789 --parameters Run=run-1,ModelName=Street',
      '222222222222 aws ec2 stop-instances --profile preproduction --instance-ids i-0123456789',
      'own edgeml publish --build .edgeml/model --bucket production-components --profile production',
      `own edgeml promote plan.yaml --profile production --state ${state} --run run-1`,
      `own edgeml promote plan.yaml --profile production --state ${state} --run run-1 --approve `,
      `own aws s3 cp s3://${PIPELINE}/promotions/run-1/twin/report.json s3://${PIPELINE}/champions/Street/2.0.0.json`,
    ];
    const places = wanted.map((words) => calls.findIndex((call) => call.startsWith(words)));
    expect(places).not.toContain(-1);
    // The canary's promotion is also the beginning of the one that is approved.
    expect([...places].sort((a, b) => a - b)).toEqual(places);
    expect(calls.filter((call) => call.includes('get-command-invocation'))).toHaveLength(3);
    const plan = checkPlan(parse(await readFile(path.join(machine.folder, 'plan.yaml'), 'utf8')), 'plan.yaml');
    expect(plan).toMatchObject({ name: 'Street-2.0.0', heartbeats: 's3://production-fleet/heartbeats' });
  });

  it('stops the instance and publishes nothing in production if the twin refuses the model', async () => {
    await machine.answer(['InProgress', 'Failed']);
    const variables = { MODEL_NAME: 'Street', MODEL_VERSION: '2.0.0', RUN: 'run-2' };
    expect(await build('infrastructure/twin.buildspec.yaml', variables)).toBe(false);
    const calls = await machine.takeCalls();
    expect(calls.at(-1)).toMatch(/^222222222222 aws ec2 stop-instances/);
    // The judge's words are in the log of the build.
    expect(calls.at(-2)).toContain('[StandardOutputContent,StandardErrorContent]');
    await machine.fail('deploy');
    expect(await build('infrastructure/twin.buildspec.yaml', variables)).toBe(false);
    const more = await machine.takeCalls();
    expect(more.some((call) => call.includes('ssm send-command'))).toBe(false);
    expect(more.at(-1)).toContain('stop-instances');
  });

  it('takes the version back in production for an alarm there, and says so by mail', async () => {
    let withdrawal: RunInput | undefined;
    const outcome = await handleAlarm(
      {
        'detail-type': 'CloudWatch Alarm State Change',
        source: 'aws.cloudwatch',
        time: '2026-11-27T12:00:00Z',
        detail: { alarmName: 'edgeml-failing', state: { value: 'ALARM', reason: '7 devices' } },
      },
      {
        watched: async () => [{ name: 'Street-2-a', isRunning: false }],
        inputOf: async () => INPUT,
        isOut: async () => true,
        stop: async () => undefined,
        start: async (_, input) => ((withdrawal = input), true),
      },
    );
    expect(outcome.outcome).toBe('withdrawn');
    const end = await execute('run-4', withdrawal as RunInput, () => undefined);
    expect(end).toMatchObject({
      status: 'SUCCEEDED',
      states: ['Begin', 'Withdraw', 'WasRefused', 'TellWithdrawn', 'Withdrawn'],
    });
    expect(mails).toEqual([expect.stringContaining('The alarm edgeml-failing went off: 7 devices')]);
    expect(await machine.takeCalls()).toEqual([
      `own edgeml promote plan.yaml --profile production --state s3://${PIPELINE}/promotions/Street-2.0.0.json --abort`,
      `own aws s3 rm s3://${PIPELINE}/champions/Street/2.0.0.json`,
    ]);
  });

  it('takes a released version back in production if the registry of tooling rejects it later', async () => {
    const started: RunInput[] = [];
    const detail = {
      ModelPackageArn: INPUT.modelPackageArn,
      ModelPackageGroupName: 'Street',
      ModelPackageVersion: 2,
      ModelApprovalStatus: 'Rejected',
    };
    const event = { source: 'aws.sagemaker', 'detail-type': 'SageMaker Model Package State Change', detail };
    const outcome = await handlePackageEvent(event, {
      packageNow: async () => ({ approval: 'Rejected', changedAt: Date.UTC(2026, 10, 27) }),
      running: async () => [],
      start: async (_, input) => started.push(input) > 0,
      stop: async () => undefined,
    });
    expect(outcome.outcome).toBe('started');
    expect(started).toMatchObject([{ action: 'withdraw', modelPackageArn: INPUT.modelPackageArn }]);

    const end = await execute('run-5', started[0] as RunInput, () => undefined);
    expect(end).toMatchObject({ status: 'SUCCEEDED', states: ['Begin', 'Withdraw', 'WasRefused', 'Withdrawn'] });
    // `promote --abort` rolls back stage by stage: promote.test.ts.
    expect(await machine.takeCalls()).toEqual([
      `own edgeml promote plan.yaml --profile production --state s3://${PIPELINE}/promotions/Street-2.0.0.json --abort`,
      `own aws s3 rm s3://${PIPELINE}/champions/Street/2.0.0.json`,
    ]);
  });
});
