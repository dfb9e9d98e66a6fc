import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { systemClock } from '#packages/foundation';
import { MemoryIo } from '../../tools/cli/frame/io.ts';
import { runProgram } from '../../tools/cli/program.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { startFaultProxy } from '../../testing/object-store/fault-proxy.ts';
import type { FaultProxy } from '../../testing/object-store/fault-proxy.ts';
import { startS3Server, TEST_KEYS } from '../../testing/object-store/s3-server.ts';
import type { S3Server } from '../../testing/object-store/s3-server.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { python } from '../../testing/outside-data/python.ts';
import { projectPaths } from '../../tools/bundle/project.ts';
import { staticCredentials } from '../../tools/local-core/credentials/provider.ts';
import { LocalCore } from '../../tools/local-core/local-core.ts';
import { providedRuntime } from '../../testing/device/built-collection.ts';
import { AGENT, deviceFolder } from '../../testing/device/collection.ts';
import { sample } from '../../testing/device/samples.ts';
import { PYTHON_CLIENT } from '../../testing/clients/caller.ts';
import { packOldProgram } from '../../testing/clients/old-program.ts';
import { CLASSIFICATION, DETECTION } from '../../testing/clients/services.ts';

const UPLOADER = 'edgeml.FeedbackUploader';
const COLLECTION = ['edgeml.Runtime', AGENT, 'edgeml.model.PartsDetector', 'edgeml.model.PartsClassifier', UPLOADER];

/** Programs as those of the Greengrass V1 developer guide, not a line of them changed, as components on the local core. */
describe('the sample programs of Greengrass V1', await needs(python), () => {
  let folder: string;
  let core: LocalCore;
  let s3: S3Server;
  let proxy: FaultProxy;
  const lines: string[] = [];
  const said = (component: string, pattern: RegExp): string | undefined =>
    lines.find((line) => line.startsWith(component) && pattern.test(line));
  const line = (component: string, pattern: RegExp): Promise<string> =>
    vi.waitUntil<string | undefined>(() => said(component, pattern), { timeout: PATIENCE_MS / 2, interval: 50 });

  beforeAll(async () => {
    folder = await deviceFolder();
    await providedRuntime(path.join(folder, 'core'));
    s3 = await startS3Server('samples');
    proxy = await startFaultProxy(s3.url);
    core = await LocalCore.start({
      root: path.join(folder, 'core'),
      tokenExchange: { provider: staticCredentials(systemClock, TEST_KEYS) },
    });
    core.onLine(({ component, text }) => lines.push(`${component} ${text}`));
    const outcome = await core.deploy({
      recipeDirectoryPath: path.join(projectPaths.output, 'recipes'),
      artifactsDirectoryPath: path.join(projectPaths.output, 'artifacts'),
      rootComponentVersionsToAdd: Object.fromEntries(COLLECTION.map((name) => [name, '1.0.0'])),
      componentToConfiguration: {
        [AGENT]: {
          MERGE: {
            Services: { [CLASSIFICATION]: { Model: 'PartsClassifier' }, [DETECTION]: { Model: 'PartsDetector' } },
          },
        },
        [UPLOADER]: {
          MERGE: {
            FeedbackConfigurationMap: JSON.stringify({
              Parts: {
                's3-bucket-name': 'samples',
                's3-prefix': 'parts',
                'content-type': 'image/jpeg',
                'file-ext': 'jpg',
              },
            }),
            S3Endpoint: proxy.url,
            S3ForcePathStyle: true,
            MinFreeDiskMB: 0,
          },
        },
      },
    });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
    const to = path.join(folder, 'programs');
    const names = [
      await packOldProgram({ folder: 'image-classification', image: ['part.jpg', sample('part-gear.jpg')] }, to),
      await packOldProgram({ folder: 'object-detection', image: ['belt.jpg', sample('belt-01.jpg')] }, to),
      await packOldProgram({ folder: 'feedback', image: ['part.jpg', sample('part-gear.jpg')] }, to),
    ];
    const deployed = await core.deploy({
      recipeDirectoryPath: path.join(to, 'recipes'),
      artifactsDirectoryPath: path.join(to, 'artifacts'),
      rootComponentVersionsToAdd: Object.fromEntries(names.map((name) => [name, '1.0.0'])),
    });
    expect(deployed).toMatchObject({ status: 'SUCCEEDED' });
  });

  afterAll(async () => {
    await core.stop();
    await proxy.close();
    await s3.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('row 64: image classification cuts the list at the commas', async () => {
    expect(await line('com.example.ImageClassification', /classes/)).toMatch(/8 classes, best is 0 with 0\.\d{3}/);
  });

  it('row 64: object detection evaluates the rows', async () => {
    await line('com.example.ObjectDetection', /[1-9]\d* boxes/);
    expect(
      said('com.example.ObjectDetection', /class \d with 0\.\d{3} at 0\.\d{3} 0\.\d{3} 0\.\d{3} 0\.\d{3}/),
    ).toBeDefined();
  });

  it('row 64: feedback offers a sample, which arrives in the bucket', async () => {
    await line('com.example.Feedback', /the sample was offered/);
    await expect
      .poll(() => [...proxy.stored.keys()])
      .toEqual([
        expect.stringMatching(/^\/samples\/parts\/[-0-9a-f]{36}\.json$/),
        expect.stringMatching(/^\/samples\/parts\/[-0-9a-f]{36}\.jpg$/),
      ]);
  });

  describe('Lambda functions, by edgeml migrate-v1', () => {
    const heard = new Map<string, string>();
    let mqtt: Awaited<ReturnType<typeof connectAsync>>;

    beforeAll(async () => {
      mqtt = await connectAsync(core.mqttUrl!);
      mqtt.on('message', (topic, payload) => heard.set(topic, payload.toString()));
      await mqtt.subscribeAsync('parts/#');
      const code = path.join(folder, 'code');
      await cp(path.join(PYTHON_CLIENT, 'examples/long-lived-function'), path.join(code, 'watch'), { recursive: true });
      await cp(sample('part-gear.jpg'), path.join(code, 'watch/part.jpg'));
      // As deployment packages of V1 had to bring it along: it does not work outside a V1 core.
      await mkdir(path.join(code, 'watch/greengrasssdk'));
      await writeFile(path.join(code, 'watch/greengrasssdk/__init__.py'), 'import greengrass_common');
      await cp(path.join(PYTHON_CLIENT, 'examples/on-demand-function'), path.join(code, 'answer'), { recursive: true });
      const arn = (name: string) => `arn:aws:lambda:eu-central-1:123456789012:function:${name}:2`;
      const functions = [
        { FunctionArn: arn('Watch'), FunctionConfiguration: { Pinned: true, EncodingType: 'json', Timeout: 25 } },
        { FunctionArn: arn('Answer'), FunctionConfiguration: { Pinned: false, EncodingType: 'json', Timeout: 25 } },
      ];
      const subscriptions = [
        { Source: arn('Watch'), Subject: 'parts/found', Target: 'cloud' },
        { Source: arn('Watch'), Subject: 'parts/ask/+', Target: arn('Answer') },
        { Source: arn('Answer'), Subject: 'parts/answer', Target: 'cloud' },
      ];
      const at = (name: string) => path.join(folder, name);
      await writeFile(at('functions.json'), JSON.stringify({ Definition: { Functions: functions } }));
      await writeFile(at('subscriptions.json'), JSON.stringify({ Definition: { Subscriptions: subscriptions } }));
      const words = ['--subscriptions', at('subscriptions.json'), '--output', at('migrated')];
      const named = [`Watch=${at('code/watch')}`, `Answer=${at('code/answer')}:answer.function_handler`];
      const io = new MemoryIo();
      const command = ['migrate-v1', at('functions.json'), ...words, '--function', ...named];
      expect([await runProgram(command, io, new AbortController().signal), io.err]).toEqual([0, expect.anything()]);
      expect(io.out).toBe('lambda.Watch=1.0.0\nlambda.Answer=1.0.0\n');
      const outcome = await core.deploy({
        recipeDirectoryPath: at('migrated/recipes'),
        artifactsDirectoryPath: at('migrated/artifacts'),
        rootComponentVersionsToAdd: { 'lambda.Watch': '1.0.0', 'lambda.Answer': '1.0.0' },
      });
      expect(outcome, lines.slice(-20).join('\n')).toMatchObject({ status: 'SUCCEEDED' });
    });
    afterAll(() => mqtt.endAsync());

    it('long-lived: publishes on IoT Core what a model said', async () => {
      await expect.poll(() => heard.get('parts/found'), { timeout: PATIENCE_MS / 2 }).toMatch(/^{"class": 0, "prob/);
    });

    it('on-demand: is called with the messages of the other one, and answers', async () => {
      await line('lambda.Answer', /Called with messages of parts\/ask\/\+/);
      await expect
        .poll(() => heard.get('parts/answer'), { timeout: PATIENCE_MS / 2 })
        .toMatch(/^{"asked": "parts\/ask\/line-3", "parts": \d+}$/);
      expect([...heard.keys()].filter((topic) => topic.startsWith('parts/ask'))).toEqual([]);
      expect(lines.filter((one) => /^lambda\..*(Error|Traceback|could not)/.test(one))).toEqual([]);
    });
  });

  it('row 64: no program says that something went wrong', () => {
    expect(lines.filter((one) => /^com\.example\..*(exception|Traceback)/.test(one))).toEqual([]);
  });
});
