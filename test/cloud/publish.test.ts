import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { systemClock } from '#packages/foundation';
import { signPackage } from '#packages/model-package';
import { writeFiles } from '../../testing/agent/package-folder.ts';
import { colorPackage, trainingOutput } from '../../testing/package/training-output.ts';
import { folderEntries } from '../../tools/bundle/zip/folder-entries.ts';
import { writeZip } from '../../tools/bundle/zip/write-zip.ts';
import { fileDigest } from '../../tools/cloud/digest.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { TEST_KEYS } from '../../testing/object-store/s3-server.ts';
import type { CloudClients } from '../../tools/cloud/clients.ts';
import { connectCloud } from '../../tools/cloud/clients.ts';
import { readBuildFolder } from '../../tools/cloud/publishing/build-folder.ts';
import { inDependencyOrder } from '../../tools/cloud/publishing/dependency-order.ts';
import { planComponent } from '../../tools/cloud/publishing/publish-plan.ts';
import { publish } from '../../tools/cloud/publishing/publish.ts';
import type { PublishOutcome } from '../../tools/cloud/publishing/publish.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { startAwsStandIn } from '../../testing/cloud/aws-stand-in.ts';
import type { AwsStandIn, Mishap } from '../../testing/cloud/aws-stand-in.ts';
import { runHere } from '../../testing/package/in-process.ts';
import { runCommand } from '../../testing/process/run-command.ts';
import { sampleBuild } from '../../testing/cloud/sample-build.ts';
import type { SampleBuild } from '../../testing/cloud/sample-build.ts';

const BUCKET = 'components';
/** Pauses between tries cost nothing here. */
const hurried = { ...systemClock, after: (_ms: number, callback: () => void) => systemClock.after(0, callback) };

describe('publish', await needs(awsModels), () => {
  let aws: AwsStandIn;
  let build: SampleBuild;
  let clients: CloudClients;

  beforeAll(async () => {
    aws = await startAwsStandIn(BUCKET);
    clients = await connectCloud({ region: 'us-east-1', endpoint: aws.url, credentials: TEST_KEYS });
  });
  beforeEach(async () => {
    aws.greengrass.components.clear();
    aws.greengrass.pageSize = 2;
    aws.requests.length = 0;
    aws.mishap = () => undefined;
    build = await sampleBuild(
      { name: 'test.App', dependsOn: ['test.Agent'] },
      { name: 'test.Agent', dependsOn: ['test.Runtime', 'aws.greengrass.TokenExchangeService'] },
      { name: 'test.Runtime' },
    );
  });
  afterEach(async () => {
    await build.remove();
    expect(aws.violations).toEqual([]);
  });
  afterAll(async () => {
    clients.close();
    await aws.close();
  });

  const words = (...args: string[]) => ['publish', '--bucket', BUCKET, '--build', build.folder, ...args];
  const command = (...args: string[]) => runHere(words(...args), aws.environment);
  const asProcess = (...args: string[]) => runCommand(words(...args), aws.environment);
  const publishAll = async (): Promise<readonly PublishOutcome[]> => {
    const plans = inDependencyOrder(await readBuildFolder(build.folder)).map((component) =>
      planComponent(component, { bucket: BUCKET, prefix: '' }),
    );
    const outcomes: PublishOutcome[] = [];
    const signal = new AbortController().signal;
    for await (const one of publish(clients, plans, { clock: hurried, signal, everyMs: 1, timeoutMs: 60_000 }))
      outcomes.push(one);
    return outcomes;
  };
  const versions = () => [...aws.greengrass.components.values()].map(({ name, version }) => `${name} ${version}`);
  const writes = () => aws.requests.filter(({ operation }) => /^(PUT|Create|Delete)/.test(operation));

  it('row 142: sends artifacts with their hashes, creates versions in order, waits until they are deployable', async () => {
    const { code, json, stderr } = await asProcess('--json');

    expect(stderr).not.toContain('Error');
    expect(code).toBe(0);
    expect(json.map(({ component, outcome }) => [component, outcome])).toEqual([
      ['test.Runtime', 'published'],
      ['test.Agent', 'published'],
      ['test.App', 'published'],
    ]);
    expect(json[0]?.['arn']).toBe('arn:aws:greengrass:us-east-1:123456789012:components:test.Runtime:versions:1.0.0');
    const stored = aws.greengrass.components.get(String(json[1]?.['arn']));
    expect(JSON.stringify(stored?.recipe)).toContain('"Uri":"s3://components/test.Agent/1.0.0/data.zip"');
    expect(stored?.readsLeft).toBeLessThan(0);
    const head = await aws.s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: 'test.Agent/1.0.0/data.zip' }));
    expect(head.Metadata?.['sha256']).toMatch(/^[0-9a-f]{64}$/);
  });

  it('sends nothing for versions that are there with the same content', async () => {
    await publishAll();
    aws.requests.length = 0;

    expect((await publishAll()).map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'unchanged']);
    expect(writes()).toEqual([]);
  });

  it('puts signed statements beside each artifact, which verify reads, and nothing beside other bytes', async () => {
    const keys = path.join(build.folder, 'keys');
    await runHere(['keygen', '--out', keys, '--key-id', 'factory']);
    const signing = ['--attest', '--key', path.join(keys, 'factory.key'), '--key-id', 'factory'];
    expect((await command('--key', path.join(keys, 'factory.key'))).code).toBe(2);
    expect((await command('--attest')).code).toBe(2);
    const { code, stderr } = await command(...signing);
    expect([code, stderr]).toEqual([0, expect.stringContaining('test.Agent/1.0.0/data.zip.intoto.jsonl') as string]);

    const Key = 'test.Agent/1.0.0/data.zip.intoto.jsonl';
    const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    const statements = path.join(build.folder, 'data.zip.intoto.jsonl');
    await writeFile(statements, (await Body?.transformToString()) ?? '');
    const artifact = path.join(build.folder, 'artifacts/test.Agent/1.0.0/data.zip');
    const trusting = ['--key', path.join(keys, 'factory.pub')];
    const verified = await runHere([
      'verify',
      '--attestation',
      statements,
      '--artifact',
      artifact,
      ...trusting,
      '--json',
    ]);
    expect(verified.json).toMatchObject([
      {
        keyId: 'factory',
        predicateType: 'https://slsa.dev/provenance/v1',
        predicate: { buildDefinition: { externalParameters: { component: 'test.Agent', version: '1.0.0' } } },
      },
    ]);

    // Somebody else has put other bytes there meanwhile.
    const other = { Bucket: BUCKET, Key: 'test.Agent/1.0.0/data.zip', Body: 'x', Metadata: { sha256: 'f'.repeat(64) } };
    await aws.s3.send(new PutObjectCommand(other));
    expect((await command(...signing)).stderr).toContain('data.zip was published with other bytes before');
  });

  it('refuses another artifact under a published version, with both digests', async () => {
    await publishAll();
    await build.write({ name: 'test.Runtime', content: 'something else' });

    const { code, stderr, stdout } = await command('--json');

    expect(code).toBe(1);
    expect(stdout).toBe('');
    const { error } = JSON.parse(stderr.slice(stderr.indexOf('{'))) as { error: { code: string; message: string } };
    expect(error.code).toBe('publish.version-taken');
    expect(error.message).toMatch(/test\.Runtime 1\.0\.0 .* published sha256 [0-9a-f]{64}, built sha256 [0-9a-f]{64}/);
  });

  it('refuses another recipe under a published version, and publishes it under the next', async () => {
    await publishAll();
    await build.write({ name: 'test.App', dependsOn: ['test.Agent'], description: 'changed' });
    await expect(publishAll()).rejects.toMatchObject({ code: 'publish.version-taken' });

    await build.remove();
    build = await sampleBuild({ name: 'test.App', version: '1.0.1', description: 'changed' });
    expect((await publishAll()).map(({ outcome }) => outcome)).toEqual(['published']);
    expect(versions()).toContain('test.App 1.0.1');
  });

  it('knows a model package that was signed again, and one that was changed', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { privateKey: other } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const training = await trainingOutput();
    await build.remove();
    build = await sampleBuild({ name: 'test.Model' });
    const packed = async (key: KeyObject, changes: object = {}): Promise<string> => {
      const dir = path.join(training.dir, 'package');
      await rm(dir, { recursive: true, force: true });
      await writeFiles(dir, colorPackage(changes));
      await signPackage(dir, key);
      await writeZip(path.join(build.folder, 'artifacts/test.Model/1.0.0/data.zip'), await folderEntries(dir));
      return (await fileDigest(path.join(build.folder, 'artifacts/test.Model/1.0.0/data.zip'))).hex;
    };
    const first = await packed(privateKey);
    expect((await publishAll()).map(({ outcome }) => outcome)).toEqual(['published']);
    expect(await packed(privateKey)).not.toBe(first);
    aws.requests.length = 0;
    expect((await publishAll()).map(({ outcome }) => outcome)).toEqual(['unchanged']);
    expect(writes()).toEqual([]);
    await packed(other);
    await expect(publishAll()).rejects.toMatchObject({ code: 'publish.version-taken' });
    await packed(privateKey, { description: 'another' });
    await expect(publishAll()).rejects.toMatchObject({ code: 'publish.version-taken' });
    await training.remove();
  });

  it('prints with --dry-run exactly what it would send, and sends nothing', async () => {
    const { code, json } = await command('--json', '--dry-run');
    expect(code).toBe(0);
    expect(aws.requests).toEqual([]);

    await publishAll();
    const created = aws.requests.filter(({ operation }) => operation === 'CreateComponentVersion');
    const announced = json.filter(({ operation }) => operation === 'CreateComponentVersion');
    expect(announced.map(({ input }) => input)).toEqual(
      created.map(({ input }) => ({
        ...input,
        inlineRecipe: Buffer.from(String(input['inlineRecipe']), 'base64').toString(),
      })),
    );
    expect(json.filter(({ operation }) => operation === 'PutObject')).toHaveLength(3);
  });

  it('goes on after a failure at any request, and ends as if nothing had happened', async () => {
    await build.write({ name: 'test.Runtime', content: 'before' });
    await publishAll();
    const total = aws.requests.length;
    const wanted = versions();
    expect(total).toBeGreaterThan(11);
    const impatient = await connectCloud({
      region: 'us-east-1',
      endpoint: aws.url,
      credentials: TEST_KEYS,
      maxAttempts: 1,
    });
    const patient = clients;
    for (const mishap of ['cut-before', 'cut-after'] as const satisfies readonly Mishap[]) {
      for (let at = 0; at < total; at++) {
        aws.greengrass.components.clear();
        // Other content each time, so that nothing lies in the bucket from before.
        for (const name of ['test.Runtime', 'test.Agent', 'test.App'])
          await build.write({ name, content: `${name} ${mishap} ${at}` });
        aws.requests.length = 0;
        let struck = false;
        aws.mishap = (_, index) => {
          // From the nth request on nothing gets through: the process is dead to the service.
          if (index < at) return undefined;
          if (index === at) struck = true;
          return index === at ? mishap : 'cut-before';
        };
        clients = impatient;
        await publishAll().catch(() => undefined);
        expect(struck, `request ${at}`).toBe(true);
        aws.mishap = () => undefined;
        clients = patient;
        await publishAll();
        expect(versions().sort(), `${mishap} at request ${at}`).toEqual([...wanted].sort());
      }
    }
    impatient.close();
  });

  it('goes on after the process was killed while it created a version', async () => {
    // The answer to the second version never comes, and neither does any after it.
    aws.mishap = ({ operation }) => {
      if (aws.greengrass.components.size > 1) return 'cut-before';
      return operation === 'CreateComponentVersion' && aws.greengrass.components.size === 1 ? 'cut-after' : undefined;
    };
    const secondIsThere = vi.waitUntil(() => aws.greengrass.components.size === 2, {
      timeout: PATIENCE_MS,
      interval: 5,
    });
    const killed = await runCommand(words(), aws.environment, secondIsThere);
    expect(killed.code).toBeNull();
    expect(aws.greengrass.components.size).toBe(2);
    aws.mishap = () => undefined;

    const { code, json } = await asProcess('--json');
    expect(code).toBe(0);
    expect(json.map(({ outcome, uploadedBytes }) => [outcome, uploadedBytes])).toEqual([
      ['unchanged', 0],
      ['published', 0],
      ['published', 'test.App'.length],
    ]);
  });

  it('waits out throttling', async () => {
    let refused = 0;
    aws.mishap = ({ service }) => (service === 'greengrass' && refused++ % 3 === 0 ? 'throttle' : undefined);
    expect(await publishAll()).toHaveLength(3);
    expect(refused).toBeGreaterThan(3);
  });

  it('says why Greengrass could not process a version, and replaces it once that is mended', async () => {
    await publishAll();
    const [, agent] = [...aws.greengrass.components.values()];
    if (agent) agent.failure = 'cannot fetch the artifact s3://components/x';
    if (agent) agent.readsLeft = 1;
    await expect(publishAll()).rejects.toMatchObject({
      code: 'publish.not-deployable',
      message: expect.stringContaining('cannot fetch the artifact') as string,
    });
    expect((await publishAll()).map(({ outcome }) => outcome)).toEqual(['unchanged', 'published', 'unchanged']);
  });

  it('row 150: never shows keys, signatures or tokens, whatever goes wrong', async () => {
    aws.mishap = () => 'error';
    const quick = { ...aws.environment, AWS_MAX_ATTEMPTS: '1', AWS_SESSION_TOKEN: 'VERY-SECRET-SESSION' };
    const failed = await runCommand(words('--json'), quick);
    expect(failed.code).toBe(1);
    const output = failed.stdout + failed.stderr;
    expect(output).toContain('cloud.');
    for (const secret of [TEST_KEYS.secretAccessKey, 'VERY-SECRET-SESSION', 'AWS4-HMAC', 'Signature='])
      expect(output).not.toContain(secret);
  });

  it('ends with 2 for wrong usage and 1 with a remedy if there is no build', async () => {
    const usage = await runHere(['publish'], aws.environment);
    expect([usage.code, usage.stderr]).toEqual([2, expect.stringContaining('--bucket') as string]);
    const none = await runHere(['publish', '--bucket', BUCKET, '--build', '/nowhere'], aws.environment);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('npm run build') as string]);
  });
});
