import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROJECT } from '../../tools/bundle/project.ts';
import { buildPipelineLambda } from '../../tools/cloud/pipeline/build-lambda.ts';
import { handlePackageEvent } from '../../tools/cloud/pipeline/handle-event.ts';
import type { PipelinePorts, RunInput } from '../../tools/cloud/pipeline/handle-event.ts';
import { checkPlan } from '../../tools/cloud/promotion/promotion-plan.ts';
import { unzip } from '../../tools/local-core/store/unzip.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { CFN_LINT, cfnLint } from '../../testing/outside-data/python.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { startAwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';

const run = promisify(execFile);
const linter = await needs(cfnLint);
const GROUP = 'arn:aws:sagemaker:us-east-1:123456789012:model-package/StreetDetector';

function packageEvent(changes: object = {}, version = 7): object {
  return {
    version: '0',
    id: 'b5e5a3b2-0000-4000-8000-000000000000',
    'detail-type': 'SageMaker Model Package State Change',
    source: 'aws.sagemaker',
    account: '123456789012',
    region: 'us-east-1',
    resources: [`${GROUP}/${version}`],
    detail: {
      ModelPackageGroupName: 'StreetDetector',
      ModelPackageVersion: version,
      ModelPackageArn: `${GROUP}/${version}`,
      InferenceSpecification: { Containers: [{ ModelDataUrl: 's3://models/model.tar.gz' }] },
      ModelPackageStatus: 'Completed',
      ModelApprovalStatus: 'Approved',
      ...changes,
    },
  };
}

describe('package events', () => {
  let started: Map<string, RunInput>;
  let approval: string;
  let asked: string[];
  beforeEach(() => {
    started = new Map();
    approval = 'Approved';
    asked = [];
  });
  const ports: PipelinePorts = {
    approvalNow: async (arn) => {
      asked.push(arn);
      return approval;
    },
    start: async (name, input) => {
      if (started.has(name)) return false;
      started.set(name, input);
      return true;
    },
  };

  it('row 140: starts one run for a package, however often its event comes', async () => {
    const outcomes = [];
    for (let times = 0; times < 3; times++) outcomes.push((await handlePackageEvent(packageEvent(), ports)).outcome);
    expect(outcomes).toEqual(['started', 'already-started', 'already-started']);
    expect([...started.values()]).toEqual([
      { modelPackageArn: `${GROUP}/7`, modelName: 'StreetDetector', modelVersion: '7.0.0' },
    ]);
    for (const name of started.keys()) expect(name).toMatch(/^[\w-]{1,80}$/);
  });

  it("row 140: takes the event's own package, not the newest", async () => {
    await handlePackageEvent(packageEvent({}, 7), ports);
    await handlePackageEvent(packageEvent({}, 6), ports);
    expect([...started.values()].map(({ modelPackageArn }) => modelPackageArn)).toEqual([`${GROUP}/7`, `${GROUP}/6`]);
    expect(asked).toEqual([`${GROUP}/7`, `${GROUP}/6`]);
  });

  it.each(['Rejected', 'PendingManualApproval'])('row 141: starts nothing for %s', async (ModelApprovalStatus) => {
    expect(await handlePackageEvent(packageEvent({ ModelApprovalStatus }), ports)).toMatchObject({
      outcome: 'ignored',
    });
    expect([started.size, asked]).toEqual([0, []]);
  });

  it('row 141: starts nothing for a package that was rejected since, or is not whole', async () => {
    approval = 'Rejected';
    expect(await handlePackageEvent(packageEvent(), ports)).toMatchObject({
      outcome: 'ignored',
      reason: expect.stringContaining('Rejected by now') as string,
    });
    approval = 'Approved';
    await handlePackageEvent(packageEvent({ ModelPackageStatus: 'Failed' }), ports);
    expect(started.size).toBe(0);
  });

  it.each([
    [undefined, '/'],
    [{ source: 'aws.s3' }, 'detail-type'],
    [
      packageEvent({ ModelPackageArn: 'arn:aws:sagemaker:us-east-1:123456789012:model-package/../etc' }),
      'ModelPackageArn',
    ],
    [packageEvent({ ModelApprovalStatus: 'Perhaps' }), 'ModelApprovalStatus'],
  ])('refuses what is no such event: %j', async (event, place) => {
    await expect(handlePackageEvent(event, ports)).rejects.toMatchObject({
      code: 'pipeline.not-an-event',
      message: expect.stringContaining(place) as string,
    });
  });
});

describe('the Lambda function', await needs(awsModels), () => {
  let folder: string;
  let aws: AwsStandIn;
  let states: http.Server;
  const executions = new Map<string, string>();

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-lambda-'));
    aws = await startAwsStandIn();
    states = http.createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { name, input, stateMachineArn } = JSON.parse(body) as Record<string, string>;
        const isKnown = executions.has(name ?? '');
        executions.set(name ?? '', input ?? '');
        const answer = isKnown
          ? { __type: 'com.amazonaws.states#ExecutionAlreadyExists', message: 'Execution Already Exists' }
          : { executionArn: `${stateMachineArn}:${name}`, startDate: 1_767_225_600 };
        response
          .writeHead(isKnown ? 400 : 200, { 'content-type': 'application/x-amz-json-1.0' })
          .end(JSON.stringify(answer));
      });
    });
    await new Promise<void>((resolve) => states.listen(0, '127.0.0.1', resolve));
    const { file, bytes } = await buildPipelineLambda(path.join(folder, 'zip'));
    expect(bytes).toBeLessThan(1_000_000);
    await unzip(file, path.join(folder, 'function'));
    await writeFile(
      path.join(folder, 'function/invoke.cjs'),
      `require('./index.js').handler(JSON.parse(process.argv[2])).then((answer) => console.log('ANSWER', JSON.stringify(answer)), (error) => { console.error(error.message); process.exit(1); });`,
    );
  });
  afterAll(async () => {
    states.closeAllConnections();
    states.close();
    await aws.close();
    await rm(folder, { recursive: true, force: true });
  });

  const invoke = async (event: object): Promise<Record<string, unknown>> => {
    const url = `http://127.0.0.1:${(states.address() as AddressInfo).port}`;
    const env = {
      PATH: process.env['PATH'],
      ...aws.environment,
      AWS_ENDPOINT_URL_SFN: url,
      STATE_MACHINE_ARN: 'arn:aws:states:us-east-1:123456789012:stateMachine:edgeml',
    };
    const { stdout } = await run(process.execPath, ['invoke.cjs', JSON.stringify(event)], {
      cwd: path.join(folder, 'function'),
      env,
      timeout: PATIENCE_MS,
    });
    expect(stdout).not.toContain(aws.environment['AWS_SECRET_ACCESS_KEY'] ?? '');
    return JSON.parse(stdout.slice(stdout.indexOf('ANSWER ') + 7)) as Record<string, unknown>;
  };

  it('row 140: runs from its zip alone, asks the registry, and starts one execution', async () => {
    aws.sagemaker.packages.set(`${GROUP}/7`, {
      ModelPackageName: 'StreetDetector',
      ModelPackageArn: `${GROUP}/7`,
      ModelPackageVersion: 7,
      CreationTime: 1_767_225_600,
      ModelPackageStatus: 'Completed',
      ModelPackageStatusDetails: { ValidationStatuses: [] },
      ModelApprovalStatus: 'Approved',
    });
    expect(await invoke(packageEvent())).toMatchObject({ outcome: 'started' });
    expect(await invoke(packageEvent())).toMatchObject({ outcome: 'already-started' });
    expect(await invoke(packageEvent({ ModelApprovalStatus: 'Rejected' }))).toMatchObject({ outcome: 'ignored' });
    expect([...executions.values()].map((input) => JSON.parse(input) as unknown)).toEqual([
      { modelPackageArn: `${GROUP}/7`, modelName: 'StreetDetector', modelVersion: '7.0.0' },
    ]);
    expect(aws.violations).toEqual([]);
  });
});

describe('infrastructure', () => {
  const read = (name: string) => readFile(path.join(PROJECT, 'infrastructure', name), 'utf8');

  it('has a plan that the promotion takes', async () => {
    const text = (await read('plan.yaml'))
      .replaceAll('MODEL_NAME', 'StreetDetector')
      .replaceAll('MODEL_VERSION', '7.0.0')
      .replaceAll('FLEET_BUCKET', 'fleet');
    expect(checkPlan(parse(text), 'plan.yaml')).toMatchObject({ name: 'StreetDetector-7.0.0' });
  });

  it('row 144: has no way to production but through the approval', async () => {
    const { Resources } = parse(await read('pipeline.yaml'), { logLevel: 'silent' }) as {
      Resources: {
        Pipeline: { Properties: { Definition: { StartAt: string; States: Record<string, { Next?: string }> } } };
      };
    };
    const { StartAt, States } = Resources.Pipeline.Properties.Definition;
    const path: string[] = [];
    for (let name: string | undefined = StartAt; name !== undefined; name = States[name]?.Next) path.push(name);
    expect(path).toEqual(['Package', 'Canary', 'Ask', 'Production']);
    expect(Object.keys(States)).toHaveLength(4);
    expect(await read('production.buildspec.yaml')).toContain('--approve "$APPROVAL_TOKEN"');
  });

  it('runs the twin before anything is published', async () => {
    const { phases } = parse(await read('package.buildspec.yaml')) as { phases: { build: { commands: string[] } } };
    const order = phases.build.commands.map((line) => /-- (\w+)/.exec(line)?.[1]);
    expect(order).toEqual(['build', 'package', 'twin', 'publish']);
  });

  it('writes heartbeats where the fleet reads them', async () => {
    const text = await read('fleet.yaml');
    expect(text).toContain("SELECT * FROM 'edgeml/+/heartbeat'");
    expect(text).toContain('Key: heartbeats/${topic(2)}/${Part}.json');
  });

  it('passes cfn-lint', linter, async () => {
    const copy = await mkdtemp(path.join(tmpdir(), 'edgeml-cfn-'));
    try {
      await cp(path.join(PROJECT, 'infrastructure'), copy, { recursive: true });
      const files = ['fleet.yaml', 'pipeline.yaml'].map((name) => path.join(copy, name));
      const { stdout } = await run(CFN_LINT, files, { timeout: PATIENCE_MS });
      expect(stdout).toBe('');
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });
});
