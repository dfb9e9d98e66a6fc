import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROJECT } from '../../tools/bundle/project.ts';
import { buildLambda } from '../../tools/cloud/pipeline/build-lambda.ts';
import { handlePackageEvent } from '../../tools/cloud/pipeline/handle-event.ts';
import type { PipelinePorts, RunInput } from '../../tools/cloud/pipeline/handle-event.ts';
import { approvalToken } from '../../tools/cloud/promotion/approval.ts';
import type { PromotionState } from '../../tools/cloud/promotion/promotion-state.ts';
import { checkPlan } from '../../tools/cloud/promotion/promotion-plan.ts';
import { unzip } from '../../tools/local-core/store/unzip.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { CFN_LINT, cfnLint, CFRIPPER, cfripper } from '../../testing/outside-data/python.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { startAwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';

const run = promisify(execFile);
const linter = await needs(cfnLint);
const security = await needs(cfripper);
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
  let running: Set<string>;
  let stopped: string[];
  let approval: string;
  let changedAt: number;
  let asked: string[];
  beforeEach(() => {
    started = new Map();
    running = new Set();
    stopped = [];
    approval = 'Approved';
    changedAt = 1_800_000_000_000;
    asked = [];
  });
  const ports: PipelinePorts = {
    packageNow: async (arn) => {
      asked.push(arn);
      return { approval, changedAt };
    },
    running: async () => [...running],
    start: async (name, input) => {
      if (started.has(name)) return false;
      started.set(name, input);
      running.add(name);
      return true;
    },
    stop: async (name) => {
      running.delete(name);
      stopped.push(name);
    },
  };
  const handle = async (changes: object = {}, version?: number) =>
    (await handlePackageEvent(packageEvent(changes, version), ports)).outcome;
  const reject = () => {
    approval = 'Rejected';
    changedAt += 60_000;
    return handle({ ModelApprovalStatus: 'Rejected' });
  };

  it('row 140: starts one run for an approval, however often its event comes', async () => {
    expect([await handle(), await handle(), await handle()]).toEqual(['started', 'already-started', 'already-started']);
    expect([...started.values()]).toEqual([
      { action: 'promote', modelPackageArn: `${GROUP}/7`, modelName: 'StreetDetector', modelVersion: '7.0.0' },
    ]);
    for (const name of started.keys()) expect(name).toMatch(/^[\w-]{1,80}$/);
  });

  it('starts another run when the package is approved again', async () => {
    await handle();
    running.clear();
    changedAt += 60_000;
    expect([await handle(), await handle()]).toEqual(['started', 'already-started']);
    expect(started.size).toBe(2);
  });

  it('starts no second run beside one that is under way, when only the description changes', async () => {
    await handle();
    changedAt += 60_000;
    expect(await handle()).toBe('already-started');
    expect(started.size).toBe(1);
  });

  it("row 140: takes the event's own package, not the newest", async () => {
    await handle({}, 7);
    await handle({}, 6);
    expect([...started.values()].map(({ modelPackageArn }) => modelPackageArn)).toEqual([`${GROUP}/7`, `${GROUP}/6`]);
    expect(asked).toEqual([`${GROUP}/7`, `${GROUP}/6`]);
  });

  it('row 141: starts nothing for a package that waits for approval', async () => {
    expect(await handle({ ModelApprovalStatus: 'PendingManualApproval' })).toBe('ignored');
    expect([started.size, asked]).toEqual([0, []]);
  });

  it('row 141: stops what runs for a package that is rejected, and nothing else, and puts the former version back', async () => {
    await handle({}, 6);
    await handle({}, 7);
    const [other, own] = [...started.keys()];
    expect([await reject(), await handle({ ModelApprovalStatus: 'Rejected' })]).toEqual(['started', 'already-started']);
    expect(stopped).toEqual([own]);
    expect([...started].at(-1)).toEqual([
      expect.stringContaining('-withdraw-') as string,
      { action: 'withdraw', modelPackageArn: `${GROUP}/7`, modelName: 'StreetDetector', modelVersion: '7.0.0' },
    ]);
    expect([...running]).toContain(other);
    // Approved once more, it runs beside the withdrawal's name.
    approval = 'Approved';
    changedAt += 60_000;
    expect(await handle()).toBe('started');
  });

  it('row 141: starts nothing for a package whose approval has changed since, or that is not whole', async () => {
    approval = 'Rejected';
    expect(await handlePackageEvent(packageEvent(), ports)).toMatchObject({
      outcome: 'ignored',
      reason: expect.stringContaining('Rejected by now') as string,
    });
    approval = 'Approved';
    expect(await handle({ ModelApprovalStatus: 'Rejected' })).toBe('ignored');
    expect(await handle({ ModelPackageStatus: 'Failed' })).toBe('ignored');
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
  ])('refuses what is not such a event: %j', async (event, place) => {
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
  const calls: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-lambda-'));
    aws = await startAwsStandIn('fleet');
    states = http.createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const target = String(request.headers['x-amz-target']).split('.')[1] ?? '';
        const asked = JSON.parse(body) as Record<string, string>;
        calls.push(target);
        const send = (status: number, answer: object) =>
          response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(JSON.stringify(answer));
        if (target === 'ListExecutions')
          return send(200, {
            executions: asked['statusFilter'] === 'RUNNING' ? [...executions.keys()].map((name) => ({ name })) : [],
          });
        if (target === 'DescribeExecution')
          return send(200, { input: executions.get((asked['executionArn'] ?? '').split(':').at(-1) ?? '') });
        if (target === 'StopExecution') return send(200, { stopDate: 1_767_225_600 });
        const { name = '', input = '', stateMachineArn } = asked;
        const isKnown = executions.has(name);
        executions.set(name, input);
        return isKnown
          ? send(400, {
              __type: 'com.amazonaws.states#ExecutionAlreadyExists',
              message: 'Execution Already Exists',
            })
          : send(200, { executionArn: `${stateMachineArn}:${name}`, startDate: 1_767_225_600 });
      });
    });
    await new Promise<void>((resolve) => states.listen(0, '127.0.0.1', resolve));
    const { file, bytes } = await buildLambda(path.join(folder, 'zip'), 'pipeline');
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
      FLEET_BUCKET: 'fleet',
      WATCH_HOURS: '24',
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
    const known = aws.sagemaker.packages.get(`${GROUP}/7`);
    aws.sagemaker.packages.set(`${GROUP}/7`, {
      ...known,
      ModelApprovalStatus: 'Rejected',
      LastModifiedTime: 1_767_229_200,
    });
    expect(await invoke(packageEvent({ ModelApprovalStatus: 'Rejected' }))).toMatchObject({ outcome: 'started' });
    expect([...executions.values()].map((input) => (JSON.parse(input) as RunInput).action)).toEqual([
      'promote',
      'withdraw',
    ]);
    expect(calls.filter((name) => name === 'StopExecution')).toHaveLength(1);
    expect(aws.violations).toEqual([]);
  });

  it('takes a version back that an alarm goes off for, once it is out', async () => {
    executions.clear();
    const input = {
      action: 'promote',
      modelPackageArn: `${GROUP}/8`,
      modelName: 'StreetDetector',
      modelVersion: '8.0.0',
    };
    executions.set('StreetDetector-8-promote', JSON.stringify(input));
    const alarm = {
      'detail-type': 'CloudWatch Alarm State Change',
      source: 'aws.cloudwatch',
      time: '2026-11-27T10:00:00Z',
      detail: { alarmName: 'edgeml-failures', state: { value: 'ALARM', reason: 'Threshold crossed' } },
    };
    expect(await invoke(alarm)).toMatchObject({ outcome: 'ignored', runs: [] });
    const state = { schemaVersion: 1, name: 'StreetDetector-8.0.0', planDigest: 'plan', status: 'approved' };
    const stages = [{ group: 'canary', status: 'passed', deploymentId: 'd-1' }];
    const Key = 'promotions/StreetDetector-8.0.0.json';
    await aws.s3.send(new PutObjectCommand({ Bucket: 'fleet', Key, Body: JSON.stringify({ ...state, stages }) }));
    const outcome = await invoke(alarm);
    expect(outcome).toMatchObject({ outcome: 'withdrawn', alarm: 'edgeml-failures' });
    const [run = ''] = outcome['runs'] as string[];
    expect(JSON.parse(executions.get(run) ?? '')).toEqual({
      ...input,
      action: 'withdraw',
      reason: 'The alarm edgeml-failures went off: Threshold crossed',
    });
    // Further alarms of the same incident find that it is being taken back.
    expect(await invoke({ ...alarm, time: '2026-11-27T10:01:00Z' })).toMatchObject({ outcome: 'ignored' });
  });

  it('writes the mail to the approver from the state in the bucket', async () => {
    const state = {
      schemaVersion: 1,
      name: 'StreetDetector-7.0.0',
      planDigest: 'plan',
      status: 'awaiting-approval',
      stages: [
        {
          group: 'canary',
          status: 'passed',
          deploymentId: 'd-1',
          report: { verdict: 'passed', reason: '3 of 3 devices are healthy' },
        },
        { group: 'wave-1', status: 'waiting' },
      ],
    };
    const Key = 'promotions/StreetDetector-7.0.0.json';
    await aws.s3.send(new PutObjectCommand({ Bucket: 'fleet', Key, Body: JSON.stringify(state) }));
    const summarize = { modelName: 'StreetDetector', modelVersion: '7.0.0', run: 'run-1' };
    const mail = await invoke({ summarize });
    expect(mail['token']).toBe(approvalToken(state as PromotionState));
    expect(mail['approve']).toContain('passed its gate on the group canary: 3 of 3 devices are healthy');
    expect(mail['approve']).toContain('s3://fleet/promotions/run-1/twin');
    expect(mail['approve']).not.toContain('held-back');

    // The approver sees what the twin found beside what it found of the version that serves, the newest one.
    const put = (name: string, Body: object) =>
      aws.s3.send(new PutObjectCommand({ Bucket: 'fleet', Key: name, Body: JSON.stringify(Body) }));
    await put('promotions/run-1/twin/report.json', twinReport(0.9312, 21, 310e6));
    for (const [version, value] of [
      ['7.0.0', 1],
      ['5.0.0', 0.5],
      ['6.0.0', 0.9107],
    ] as const)
      await put(`champions/StreetDetector/${version}.json`, twinReport(value, 19.5, 290e6));
    const full = await invoke({ summarize });
    const rows = String(full['approve']).split('\n');
    const row = (start: string) => rows.find((text) => text.startsWith(start))?.replace(/ +/g, ' ');
    expect(row('Twin')).toBe('Twin (java, linux arm64) now 6.0.0');
    expect(row('StreetDetector: top-1')).toBe('StreetDetector: top-1 on 200 held-back pictures 0.9312 0.9107');
    expect(row('StreetDetector: p95, ms')).toBe('StreetDetector: p95, ms 21 19.5');
    expect(row('StreetDetector: golden')).toBe('StreetDetector: golden cases passed 1 1');
    expect(row('all components')).toBe('all components: memory at its peak, MB 310 290');
    expect(full['approve']).toContain(
      'https://us-east-1.console.aws.amazon.com/s3/object/fleet?region=us-east-1&prefix=promotions/run-1/twin/report.html',
    );
  });
});

function twinReport(accuracy: number, p95: number, peakBytes: number): object {
  const golden = [{ input: 'one.jpg', passed: true, differences: [], predictions: [], ms: 1 }];
  const latency = { images: 1, requests: 1, failures: [], p50: p95, p95, max: p95, samples: [p95] };
  return {
    machine: { os: 'linux', architecture: 'arm64', cores: 2, cpu: '' },
    nucleus: 'java',
    models: [
      {
        alias: 'StreetDetector',
        golden,
        latency,
        accuracy: { metric: 'top-1', value: accuracy, images: 200, failures: [] },
      },
    ],
    memory: [{ component: 'edgeml.InferenceAgent', processes: 2, peakBytes }],
  };
}

describe('infrastructure', () => {
  const read = (name: string) => readFile(path.join(PROJECT, 'infrastructure', name), 'utf8');

  it('has a plan that the promotion takes', async () => {
    const text = (await read('plan.yaml'))
      .replaceAll('MODEL_NAME', 'StreetDetector')
      .replaceAll('MODEL_VERSION', '7.0.0')
      .replaceAll('FLEET_BUCKET', 'fleet');
    expect(checkPlan(parse(text), 'plan.yaml')).toMatchObject({ name: 'StreetDetector-7.0.0' });
  });

  it('runs the twin before anything is published', async () => {
    const { phases } = parse(await read('package.buildspec.yaml')) as { phases: { build: { commands: string[] } } };
    const order = phases.build.commands.flatMap((line) => /edgeml -- (\w+)/.exec(line)?.[1] ?? []);
    expect(order).toEqual(['build', 'package', 'twin', 'publish']);
  });

  it('publishes for production what the twin has tried, before the canary group gets it', async () => {
    const { phases } = parse(await read('canary.buildspec.yaml')) as { phases: { build: { commands: string[] } } };
    const order = phases.build.commands.flatMap((line) => /edgeml -- (\w+)|aws s3 (cp)/.exec(line)?.slice(1) ?? []);
    expect(order.filter(Boolean)).toEqual(['cp', 'publish', 'promote']);
  });

  it('keeps the golden pictures of a model that could not be packaged', async () => {
    const { phases } = parse(await read('package.buildspec.yaml')) as {
      phases: { post_build: { commands: string[] } };
    };
    const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-buildspec-'));
    await mkdir(path.join(folder, '.edgeml/model/packages/golden-pictures'), { recursive: true });
    const env = { FLEET_BUCKET: 'fleet', RUN: 'run-1' };
    const script = ['aws() { echo "aws $*"; }', ...phases.post_build.commands].join('\n');
    const { stdout } = await run('bash', ['-e', '-c', script], { cwd: folder, env, timeout: PATIENCE_MS });
    await rm(folder, { recursive: true });
    expect(stdout).toBe(
      'aws s3 cp .edgeml/model/packages/golden-pictures s3://fleet/promotions/run-1/golden --recursive\n',
    );
  });

  it('writes heartbeats where the fleet reads them', async () => {
    const text = await read('fleet.yaml');
    expect(text).toContain("SELECT * FROM 'edgeml/+/heartbeat'");
    expect(text).toContain('Key: heartbeats/${topic(2)}/${Part}.json');
  });

  const TEMPLATES = [
    'fleet.yaml',
    'insight.yaml',
    'onboarding.yaml',
    'pipeline.yaml',
    'retraining.yaml',
    'tooling.yaml',
    'deployer.yaml',
    'training.yaml',
    'twin.yaml',
  ].map((name) => path.join(PROJECT, 'infrastructure', name));

  it('passes cfn-lint', linter, async () => {
    const { stdout } = await run(CFN_LINT, TEMPLATES, { timeout: PATIENCE_MS });
    expect(stdout).toBe('');
  });

  it('passes cfripper but for what the templates give a reason for', security, async () => {
    // It ends with 2 if it has something against a template; one line for each of them.
    const words = [...TEMPLATES, '--format', 'json', '--resolve', '--logging', 'ERROR'];
    const { stdout } = await run(CFRIPPER, words, { timeout: PATIENCE_MS }).catch((error: { stdout: string }) => error);
    const answers = stdout.trim().split('\n');
    expect(answers).toHaveLength(TEMPLATES.length);
    for (const [index, file] of TEMPLATES.entries()) {
      const { failures } = JSON.parse(answers[index] ?? '') as {
        failures: { rule: string; reason: string; resource_ids: string[] }[];
      };
      const { Resources } = parse(await readFile(file, 'utf8'), { logLevel: 'silent' }) as {
        Resources: Record<string, { Metadata?: { Exceptions?: Record<string, string> } }>;
      };
      const excused = (rule: string, id: string): boolean =>
        (Resources[id]?.Metadata?.Exceptions?.[rule] ?? '').length > 20;
      const left = failures.filter(({ rule, resource_ids }) => !resource_ids.every((id) => excused(rule, id)));
      expect(left.map(({ reason }) => reason)).toEqual([]);
      // An exception that nothing needs any more is one that hides the next fault.
      const needed = new Set(failures.flatMap(({ rule, resource_ids }) => resource_ids.map((id) => `${id} ${rule}`)));
      const given = Object.entries(Resources).flatMap(([id, { Metadata }]) =>
        Object.keys(Metadata?.Exceptions ?? {}).map((rule) => `${id} ${rule}`),
      );
      expect(given.sort(), file).toEqual([...needed].sort());
    }
  });
});
