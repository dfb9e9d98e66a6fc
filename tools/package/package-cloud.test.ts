import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TEST_KEYS } from '../../testing/object-store/s3-server.ts';
import { startAwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import type { AwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import { runCommand } from '../../testing/process/run-command.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { packageKeys } from '../../components/inference-agent/trust/package-keys.ts';
import { openDataKey } from '#packages/model-package';
import type { Encryption } from '#packages/model-package';
import { findS3 } from './source/s3-source.ts';
import { errorOf, runHere } from '../../testing/package/in-process.ts';
import {
  colorModel,
  colorPackage,
  LABELS,
  MANIFEST,
  tarOf,
  trainingOutput,
  zipOf,
} from '../../testing/package/training-output.ts';
import type { TrainingOutput } from '../../testing/package/training-output.ts';

const BUCKET = 'sagemaker-models';
const REGION = 'us-east-1';
const ACCOUNT = '111122223333';
const JOB = `arn:aws:sagemaker:${REGION}:${ACCOUNT}:training-job/colors-7`;
const GROUP = `arn:aws:sagemaker:${REGION}:${ACCOUNT}:model-package/colors`;

let training: TrainingOutput;
beforeAll(async () => {
  training = await trainingOutput();
});
afterAll(() => training.remove());

describe('edgeml package from AWS', await needs(awsModels), () => {
  let aws: AwsStandIn;
  const put = (key: string, body: Buffer) =>
    aws.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: key, Body: body }));
  const wordsOf = (source: string, output: string, words: readonly string[] = []) => [
    'package',
    '--source',
    source,
    '--output',
    path.join(training.dir, output),
    '--json',
    ...words,
  ];
  const pack = (source: string, output: string, ...words: readonly string[]) =>
    runHere(wordsOf(source, output, words), aws.environment);
  const downloads = () => aws.requests.filter(({ operation }) => operation.startsWith('GET /')).length;

  beforeAll(async () => {
    aws = await startAwsStandIn(BUCKET);
    await put('models/colors.zip', await zipOf(colorPackage()));
    await put('colors-7/output/model.tar.gz', await tarOf(colorPackage()));
    aws.sagemaker.trainingJobs.set('colors-7', trainingJob('Completed'));
    aws.sagemaker.trainingJobs.set('running-1', trainingJob('InProgress'));
    for (const [number, status] of [
      ['7', 'PendingManualApproval'],
      ['9', 'Rejected'],
    ] as const)
      aws.sagemaker.packages.set(`${GROUP}/${number}`, modelPackage(number, status));
  });
  afterAll(async () => {
    const { violations } = aws;
    await aws.close();
    expect(violations).toEqual([]);
  });

  it('row 25, row 27: reads a .zip from S3 once, and again only when its ETag has changed', async () => {
    const source = `s3://${BUCKET}/models/colors.zip`;
    const first = await runCommand(wordsOf(source, 's3'), aws.environment);
    expect(first, first.stderr).toMatchObject({ code: 0 });
    expect(first.json[0]).toMatchObject({ state: 'packaged', name: 'Colors', source: { uri: source } });
    const { etag } = first.json[0]?.['source'] as { etag: string };
    expect(etag).toMatch(/^[0-9a-f]{32}$/);
    const inside = path.join(training.dir, 's3/packages/Colors-1.0.0/model.json');
    const manifest = JSON.parse(await readFile(inside, 'utf8')) as { provenance: object };
    expect(manifest.provenance).toEqual({ source: { uri: source, etag } });

    const before = downloads();
    expect((await pack(source, 's3')).json[0]).toMatchObject({ state: 'unchanged' });
    expect(downloads()).toBe(before);

    await put('models/colors.zip', await zipOf(colorPackage({ version: '1.1.0' })));
    const changed = await pack(source, 's3');
    expect(changed.json[0]).toMatchObject({ state: 'packaged', version: '1.1.0' });
  });

  it('row 24, row 26: finds the .tar.gz of a training job', async () => {
    const made = await pack(JOB, 'job');
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const object = `s3://${BUCKET}/colors-7/output/model.tar.gz`;
    expect(made.json[0]).toMatchObject({ name: 'Colors', source: { uri: JOB, object } });
    const running = await pack(JOB.replace('colors-7', 'running-1'), 'job');
    expect(errorOf(running)).toMatchObject({
      code: 'package-source.not-ready',
      message: expect.stringContaining('InProgress') as string,
    });
    expect(errorOf(await pack(JOB.replace('colors-7', 'gone'), 'job')).code).toBe('package-source.not-found');
  });

  it('takes a model package by its ARN, numbers the version after it, and refuses one that was rejected', async () => {
    const plan = await pack(`${GROUP}/7`, 'registry', '--dry-run');
    expect(plan.json[0]).toMatchObject({
      state: 'would-package',
      version: '7.0.0',
      source: { approval: 'PendingManualApproval' },
    });
    expect(errorOf(await pack(`${GROUP}/9`, 'registry'))).toMatchObject({
      code: 'package-source.not-ready',
      message: expect.stringContaining('rejected: wrong labels') as string,
    });
  });

  it('takes what lies beside a model from S3, and refuses a whole test set', async () => {
    await put('plain/colors.onnx', Buffer.from(colorModel()));
    await put('pictures/labels.txt', Buffer.from(LABELS));
    await put('pictures/model.json', Buffer.from(MANIFEST));
    await put('pictures/red.png', await readFile(await training.image('red')));
    await put('pictures/old/green.png', await readFile(await training.image('green')));
    const words = ['--name', 'Colors', '--beside', `s3://${BUCKET}/pictures`] as const;
    const made = await pack(`s3://${BUCKET}/plain/colors.onnx`, 'beside', ...words);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const golden = await readdir(path.join(training.dir, 'beside/packages/Colors-1.0.0/golden'));
    expect(golden).toEqual(['red.json', 'red.png']);

    for (let index = 0; index < 38; index++) await put(`pictures/${index}.png`, Buffer.from('png'));
    expect(errorOf(await pack(`s3://${BUCKET}/plain/colors.onnx`, 'many', ...words))).toMatchObject({
      code: 'packaging.beside',
      message: `s3://${BUCKET}/pictures/ holds more than 40 files; a few pictures are enough: 40 files and 200 MB at most`,
    });
  });

  it('encrypts a model with a key of AWS KMS, which opens it for whoever may ask, by the command line and on a device', async () => {
    const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
    const made = await pack(`s3://${BUCKET}/models/colors.zip`, 'by-kms', '--encrypt', arn);
    expect(made, made.stderr).toMatchObject({ code: 0 });
    const [{ files }] = made.json as [{ files: { package: string } }];
    const dir = path.join(training.dir, 'by-kms', files.package);
    const words = ['predict', '--package', dir, '--image', await training.image('red'), '--json'];
    expect(await runHere(words, aws.environment)).toMatchObject({
      code: 0,
      json: [{ predictions: [{ label: 'red' }, {}, {}] }],
    });

    const { encryption } = JSON.parse(await readFile(path.join(dir, 'model.json'), 'utf8')) as {
      encryption: Encryption;
    };
    const credentials = { get: async () => TEST_KEYS, invalidate: () => undefined };
    const device = packageKeys({ folder: () => '', credentials, endpoint: aws.url });
    const signal = new AbortController().signal;
    const dataKey = Buffer.from(await openDataKey('Colors', encryption, device, signal), 'base64');
    expect(dataKey).toHaveLength(32);

    aws.kms.mayDecrypt = false;
    const refused = {
      code: 'encryption.no-key',
      message: expect.stringMatching(/kms:Decrypt: AccessDenied.*not authorized/s) as string,
    };
    expect(errorOf(await runHere(words, aws.environment))).toMatchObject(refused);
    await expect(openDataKey('Colors', encryption, device, signal)).rejects.toMatchObject(refused);
    aws.mishap = ({ operation }) => (operation === 'Encrypt' ? 'throttle' : undefined);
    const output = await pack(`s3://${BUCKET}/models/colors.zip`, 'refused', '--encrypt', arn);
    aws.mishap = () => undefined;
    expect(errorOf(output)).toMatchObject({
      code: 'packaging.kms',
      message: expect.stringContaining('kms:Encrypt') as string,
    });
  });

  it('says what is missing', async () => {
    expect(errorOf(await pack(`s3://${BUCKET}/none.zip`, 'none')).code).toBe('package-source.not-found');
    const noKeys = { AWS_ENDPOINT_URL: aws.url, AWS_REGION: REGION, AWS_EC2_METADATA_DISABLED: 'true' };
    const unsigned = await runHere(['package', '--source', `s3://${BUCKET}/models/colors.zip`, '--json'], noKeys);
    expect(errorOf(unsigned).code).toBe('package-source.no-credentials');
  });
});

describe('an object in S3', () => {
  /** An S3 of one object that answers with these headers, and for the other cases a server of its own. */
  async function store(head: number, headers: Readonly<Record<string, string>>, body: Buffer = Buffer.alloc(0)) {
    const asked: http.IncomingMessage[] = [];
    const server = http.createServer((request, response) => {
      asked.push(request);
      const status = request.method === 'HEAD' ? head : 200;
      response.writeHead(status, headers).end(request.method === 'GET' ? body : undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new S3Client({
      endpoint,
      region: REGION,
      forcePathStyle: true,
      credentials: TEST_KEYS,
      maxAttempts: 1,
    });
    return {
      asked,
      client,
      close: async () => {
        client.destroy();
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  }
  const address = { bucket: BUCKET, key: 'model.onnx' };
  const signal = new AbortController().signal;
  const MB = 2 ** 20;

  it.each([
    ['which S3 answers with 400', 400, {}],
    ['which S3 names in its answer', 200, { 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }],
  ] as const)("row 28: encrypted with a customer's key, %s, is refused", async (_what, status, headers) => {
    const s3 = await store(status, headers);
    await expect(findS3(s3.client, address, MB, signal)).rejects.toMatchObject({ code: 'package-source.customer-key' });
    await s3.close();
  });

  it('row 28: encrypted with a key of KMS is read as any other, by the ETag that was looked at', async () => {
    const model = Buffer.from(colorModel());
    const s3 = await store(
      200,
      { 'x-amz-server-side-encryption': 'aws:kms', etag: '"abc"', 'x-amz-version-id': 'v1' },
      model,
    );
    const found = await findS3(s3.client, address, MB, signal);
    expect(found).toMatchObject({
      suggestedName: 'model',
      identity: { uri: `s3://${BUCKET}/model.onnx`, etag: 'abc', versionId: 'v1' },
    });
    const folder = path.join(training.dir, 'kms');
    await mkdir(folder);
    const content = await found.fetch(folder, signal);
    expect(await readFile(path.join(content, 'model.onnx'))).toEqual(model);
    expect(s3.asked.at(-1)?.headers['if-match']).toBe('"abc"');
    await s3.close();
  });

  it('over the limit is refused, whether S3 says its size or not', async () => {
    const large = await store(200, { 'content-length': '3000000' });
    await expect(findS3(large.client, address, MB, signal)).rejects.toMatchObject({ code: 'package-source.too-large' });
    await large.close();
    const silent = await store(200, {}, Buffer.alloc(3_000_000));
    const found = await findS3(silent.client, address, MB, signal);
    const folder = path.join(training.dir, 'large');
    await mkdir(folder);
    await expect(found.fetch(folder, signal)).rejects.toMatchObject({ code: 'package-source.too-large' });
    await silent.close();
  });
});

function trainingJob(status: string): Record<string, unknown> {
  const now = 1_700_000_000;
  return {
    TrainingJobName: 'colors-7',
    TrainingJobArn: JOB,
    ModelArtifacts: { S3ModelArtifacts: `s3://${BUCKET}/colors-7/output/model.tar.gz` },
    TrainingJobStatus: status,
    SecondaryStatus: status === 'Completed' ? 'Completed' : 'Training',
    AlgorithmSpecification: { TrainingInputMode: 'File' },
    ResourceConfig: { VolumeSizeInGB: 1 },
    StoppingCondition: {},
    CreationTime: now,
  };
}

function modelPackage(number: string, approval: string): Record<string, unknown> {
  return {
    ModelPackageName: 'colors',
    ModelPackageGroupName: 'colors',
    ModelPackageVersion: Number(number),
    ModelPackageArn: `${GROUP}/${number}`,
    CreationTime: 1_700_000_000,
    ModelPackageStatus: 'Completed',
    ModelPackageStatusDetails: { ValidationStatuses: [] },
    ModelApprovalStatus: approval,
    ...(approval === 'Rejected' ? { ApprovalDescription: 'wrong labels' } : {}),
    InferenceSpecification: {
      Containers: [
        {
          Image: `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/train:1`,
          ModelDataUrl: `s3://${BUCKET}/colors-7/output/model.tar.gz`,
        },
      ],
      SupportedContentTypes: ['image/jpeg'],
      SupportedResponseMIMETypes: ['application/json'],
    },
  };
}
