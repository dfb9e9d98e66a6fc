import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { silentLogger, systemClock } from '#packages/foundation';
import type { EdgeError } from '#packages/foundation';
import { createFeedbackClient } from '#packages/http';
import type { FeedbackAnswer, FeedbackClient, FeedbackSample } from '#packages/http';
import { seededRandom } from '../../testing/seeded-random.ts';
import { DOWN, MemoryObjectStore } from '../../testing/object-store/memory-object-store.ts';
import { startUploader } from './assembly/start-uploader.ts';
import type { RunningUploader } from './assembly/start-uploader.ts';
import { readUploaderConfiguration } from './config.ts';
import { hashPicture } from './duplicates/picture-hash.ts';
import { redactImage } from './redaction/redact-image.ts';
import { recordingIpc } from '../../testing/uploader/recording-ipc.ts';
import type { RecordingIpc } from '../../testing/uploader/recording-ipc.ts';

/** Behavior that users of the old ML Feedback connector rely on, through the public door: HTTP in, objects and messages out. */

const parts = { 's3-bucket-name': 'samples', 's3-prefix': 'parts', 'content-type': 'image/jpeg', 'file-ext': 'jpg' };
const input = Buffer.from('pixels');
const STATUS = 'edgeml/belt-7/feedback/message/status';
const PREDICTION = 'edgeml/belt-7/feedback/message/prediction';
const METRICS = 'cloudwatch/metric/put';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let folder: string;
let ipc: RecordingIpc;
let store: MemoryObjectStore;
let uploader: RunningUploader;
let client: FeedbackClient;
let draw: () => number;

/** The old connector knew of no JSON beside samples. */
async function start(changes: object): Promise<void> {
  const configuration = { SampleRecords: false, ...changes };
  ipc = recordingIpc(configuration);
  uploader = await startUploader({
    workFolder: folder,
    configuration,
    ipc,
    thing: 'belt-7',
    redact: redactImage,
    hash: hashPicture,
    openStore: () => store,
    clock: systemClock,
    random: () => draw(),
    log: silentLogger,
    setLogLevel: () => undefined,
  });
  await uploader.ready;
  client = createFeedbackClient({ socketPath: uploader.socketPath });
}

/** One configuration, `Parts`, changed as the test needs it. */
const startWith = (settings: object = {}, more: object = {}) =>
  start({
    FeedbackConfigurationMap: { Parts: { ...parts, ...settings } },
    RetryCapSeconds: 1,
    SampleRecords: false,
    ...more,
  });

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'conformance-'));
  store = new MemoryObjectStore('samples', 'more');
  draw = seededRandom(1);
});
afterEach(async () => {
  client.close();
  await uploader.close(1_000);
  await rm(folder, { recursive: true, force: true });
});

const publish = (prediction: FeedbackSample['prediction'] = [0.3, 0.7], configId = 'Parts') =>
  client.publish(configId, { input, prediction });
const isKept = async (prediction: FeedbackSample['prediction']) => (await publish(prediction)).status === 'accepted';
const on = (topic: string) => ipc.messages.filter((said) => said.topic === topic).map(({ message }) => message);
const keyOf = (answer: FeedbackAnswer) => (answer.status === 'accepted' ? answer.key : '');
const detections = (...scores: number[]) => ({ prediction: scores.map((score) => [14, score, 0.1, 0.1, 0.5, 0.5]) });

describe('strategies of the old connector', () => {
  it('row 38: without a strategy every sample is uploaded', async () => {
    await startWith();
    for (const prediction of [[1, 0], [0.5, 0.5], detections(), { text: 'x' }])
      expect(await isKept(prediction)).toBe(true);
    await expect.poll(() => store.keys('samples').length).toBe(4);
  });

  it('row 39: RANDOM_SAMPLING keeps when the draw is below the rate, whatever was predicted', async () => {
    await startWith({ 'sampling-strategy': { 'strategy-name': 'RANDOM_SAMPLING', rate: 0.5 } });
    const kept: boolean[] = [];
    for (const drawn of [0, 0.49, 0.5, 0.99]) {
      draw = () => drawn;
      kept.push(await isKept({ text: 'x' }));
    }
    expect(kept).toEqual([true, true, false, false]);
  });

  it('row 40: LEAST_CONFIDENCE keeps the documented example, and equality', async () => {
    await startWith({ 'sampling-strategy': { 'strategy-name': 'LEAST_CONFIDENCE', threshold: 0.6 } });
    expect(await isKept([0.2, 0.2, 0.4, 0.2])).toBe(true);
    expect(await isKept([0.6, 0.4])).toBe(true);
    expect(await isKept([0.61, 0.39])).toBe(false);
  });

  it('row 41: MARGIN keeps the documented example, and equality', async () => {
    await startWith({ 'sampling-strategy': { 'strategy-name': 'MARGIN', threshold: 0.02 } });
    expect(await isKept([0.3, 0.35, 0.34, 0.01])).toBe(true);
    expect(await isKept([0.51, 0.49])).toBe(true);
    expect(await isKept([0.52, 0.48])).toBe(false);
    expect(await isKept([0.02])).toBe(true);
  });

  it('row 42: ENTROPY measures the documented example as 1.03972 nats', async () => {
    await startWith({ 'sampling-strategy': { 'strategy-name': 'ENTROPY', threshold: 1.03971 } });
    expect(await isKept([0.5, 0.25, 0.25])).toBe(true);
    // The same, not normalized.
    expect(await isKept([2, 1, 1])).toBe(true);
    const dropped = await publish([0.5, 0.5, 0]);
    expect(dropped).toMatchObject({ reason: 'entropy 0.693147 nats, threshold 1.03971' });
  });

  it.each([
    ['RANDOM_SAMPLING', { rate: 1 }, [true, true, true]],
    ['LEAST_CONFIDENCE', { threshold: 0.6 }, [false, true, false]],
    ['MARGIN', { threshold: 0.2 }, [false, true, false]],
    ['ENTROPY', { threshold: 0.6 }, [false, true, false]],
    ['CLASS', { labels: '14' }, [true, true, false]],
    ['NOVELTY', {}, [false, false, false]],
    ['ALL', {}, [true, true, true]],
  ] as const)('row 44: %s on detections: certain, uncertain, none', async (name, parameters, expected) => {
    await startWith({ 'sampling-strategy': { 'strategy-name': name, ...parameters } });
    const kept = [await isKept(detections(0.97)), await isKept(detections(0.97, 0.55)), await isKept(detections())];
    expect(kept).toEqual(expected);
  });

  it.each([
    ['RANDOM_SAMPLING', { rate: 1 }],
    ['LEAST_CONFIDENCE', { threshold: 1 }],
    ['MARGIN', { threshold: 1 }],
    ['ENTROPY', { threshold: 0 }],
    ['CLASS', { labels: '14' }],
    ['ALL', {}],
  ])('%s has a quota of its own per minute, hour and day', async (name, parameters) => {
    for (const period of ['per-minute', 'per-hour', 'per-day']) {
      await startWith({ 'sampling-strategy': { 'strategy-name': name, ...parameters, quota: { [period]: 2 } } });
      const kept = [];
      for (let sample = 0; sample < 3; sample++) kept.push(await isKept(detections(0.55)));
      expect(kept).toEqual([true, true, false]);
      expect(await publish(detections(0.55))).toMatchObject({
        reason: `quota of 2 samples ${period.replace('-', ' ')}`,
      });
      client.close();
      await uploader.close(1_000);
      await rm(path.join(folder, 'spool'), { recursive: true });
    }
    await startWith();
  });
});

describe('uploads of the old connector', () => {
  it.each([
    [{}, /^parts\/ID\.jpg$/],
    [{ 's3-prefix': undefined }, /^ID\.jpg$/],
    [{ 'file-ext': undefined }, /^parts\/ID$/],
    [{ 's3-prefix': undefined, 'file-ext': undefined }, /^ID$/],
    [{ 's3-prefix': 'a/b/', 'file-ext': '.jpeg' }, /^a\/b\/ID\.jpeg$/],
  ])('row 45: the key with %j', async (settings, pattern) => {
    await start({
      FeedbackConfigurationMap: { Parts: JSON.parse(JSON.stringify({ ...parts, ...settings })) as object },
    });
    const { id } = await publish();
    expect(id).toMatch(UUID);
    await expect
      .poll(() => store.keys('samples').map((key) => key.replace(id, 'ID')))
      .toEqual([expect.stringMatching(pattern)]);
  });

  it('row 46: content type, metadata and publish-ts', async () => {
    await startWith();
    const askedAt = Date.now();
    const answer = await client.publish('Parts', { input, prediction: [1], metadata: { line: 7, ort: 'Köln' } });
    const answeredAt = Date.now();
    await expect.poll(() => store.object('samples', keyOf(answer))).toBeDefined();
    const object = store.object('samples', keyOf(answer));
    expect(object).toMatchObject({ body: input, contentType: 'image/jpeg', metadata: { line: '7', ort: 'Köln' } });
    const publishTs = object?.metadata['publish-ts'] ?? '';
    expect(publishTs).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    const publishedAt = Date.parse(`${publishTs.replace(' ', 'T')}Z`);
    expect(publishedAt).toBeGreaterThanOrEqual(askedAt);
    expect(publishedAt).toBeLessThanOrEqual(answeredAt);
  });

  it('row 55: several configurations, several buckets', async () => {
    await start({ FeedbackConfigurationMap: { Parts: parts, Other: { ...parts, 's3-bucket-name': 'more' } } });
    const [one, other] = [await publish(), await publish([1], 'Other')];
    await expect.poll(() => [store.keys('samples'), store.keys('more')]).toEqual([[keyOf(one)], [keyOf(other)]]);
  });

  it('row 56: offline, samples wait on the disk, and go once the store is back', async () => {
    await startWith();
    store.fault = DOWN;
    const keys = [keyOf(await publish()), keyOf(await publish())];
    await expect.poll(() => store.puts.length).toBeGreaterThan(1);
    expect((await client.health()).spool?.samples).toBe(2);
    store.fault = undefined;
    await expect.poll(() => store.keys('samples').length).toBe(2);
    expect([...store.keys('samples')].sort()).toEqual(keys.sort());
    const success = { response: { status: 'success' } };
    await expect.poll(() => on(STATUS)).toMatchObject([success, success]);
  });
});

describe('messages of the old connector', () => {
  const success = () => on(STATUS).length > 0;

  it('row 47: status of a success', async () => {
    await startWith();
    const answer = await publish();
    await expect.poll(success).toBe(true);
    const [message] = on(STATUS) as [{ response: { s3_response: object } }];
    expect(message).toMatchObject({ id: answer.id, response: { status: 'success' } });
    expect(message.response.s3_response).toMatchObject({
      bucket: 'samples',
      key: keyOf(answer),
      ETag: expect.any(String) as string,
      ResponseMetadata: {
        HostId: expect.any(String) as string,
        RetryAttempts: 0,
        HTTPStatusCode: 200,
        RequestId: expect.any(String) as string,
        HTTPHeaders: expect.any(Object) as object,
      },
    });
  });

  it('row 48: status of a sample that the strategy dropped', async () => {
    await startWith({ 'sampling-strategy': { 'strategy-name': 'LEAST_CONFIDENCE', threshold: 0.1 } });
    const { id } = await publish();
    await expect.poll(() => on(STATUS)).toEqual([{ response: { status: 'sample_dropped_by_strategy' }, id }]);
  });

  it('row 49: status of a failure, word for word', async () => {
    await startWith({ 's3-bucket-name': 'nowhere' });
    const { id } = await publish();
    await expect
      .poll(() => on(STATUS))
      .toEqual([
        {
          response: {
            status: 'fail',
            error_message: `[RequestId: ${id}] Failed to upload model input data due to exception. Model prediction will not be published. Exception type: NoSuchBucket, error: An error occurred (NoSuchBucket) when calling the PutObject operation: The specified bucket does not exist`,
            error: 'NoSuchBucket',
          },
          id,
        },
      ]);
  });

  it('row 51: an id of its own for each request, the same in the text of its error', async () => {
    await startWith({ 's3-bucket-name': 'nowhere' });
    const answers = [await publish(), await publish(), await publish()];
    expect(new Set(answers.map(({ id }) => id)).size).toBe(3);
    await expect.poll(() => on(STATUS).length).toBeGreaterThan(0);
    for (const message of on(STATUS) as { id: string; response: { error_message: string } }[])
      expect(message.response.error_message).toContain(`[RequestId: ${message.id}]`);
  });

  it('row 52: the prediction only after a successful upload, with its four fields', async () => {
    await startWith();
    store.fault = DOWN;
    const answer = await client.publish('Parts', { input, prediction: [0.5, 0.2, 0.2, 0.1], metadata: { line: 7 } });
    await expect.poll(() => store.puts.length).toBeGreaterThan(1);
    expect(on(PREDICTION)).toEqual([]);
    store.fault = undefined;
    await expect
      .poll(() => on(PREDICTION))
      .toEqual([
        {
          'source-ref': `s3://samples/${keyOf(answer)}`,
          'model-prediction': [0.5, 0.2, 0.2, 0.1],
          'config-id': 'Parts',
          metadata: { 'publish-ts': expect.stringMatching(/^\d{4}-/) as string, line: '7' },
        },
      ]);
  });

  it('row 54: six metrics of the old namespace, SampleSize before the upload', async () => {
    const strategy = { 'strategy-name': 'LEAST_CONFIDENCE', threshold: 0.8 };
    await startWith({ 'sampling-strategy': strategy });
    await publish();
    await expect
      .poll(() => on(METRICS))
      .toEqual([
        metric('SampleSize', 'Bytes', input.length),
        metric('SampleUploadSuccess', 'Count', 1),
        metric('SampleAndPredictionPublished', 'Count', 1),
      ]);
    ipc.messages.length = 0;
    await publish([0.9, 0.1]);
    await expect.poll(() => on(METRICS)).toEqual([metric('SampleNotUsed', 'Count', 1)]);

    ipc.messages.length = 0;
    ipc.deploy({ FeedbackConfigurationMap: { Parts: { ...parts, 's3-bucket-name': 'nowhere' } }, RequestLimit: '1' });
    await expect.poll(async () => (await atOnce(2)).sort()).toEqual(['accepted', 'feedback.request-limit']);
    await expect.poll(() => on(METRICS)).toContainEqual(metric('SampleUploadFailure', 'Count', 1));
    expect(on(METRICS)).toContainEqual(metric('ErrorRequestThrottled', 'Count', 1));
  });

  const metric = (metricName: string, unit: string, value: number) => ({
    request: { namespace: 'GreengrassFeedbackConnector', metricData: { metricName, unit, value } },
  });
});

/** Answers to requests that are handled at the same time. */
async function atOnce(requests: number): Promise<string[]> {
  const outcomes = Array.from({ length: requests }, () =>
    publish().then(
      ({ status }) => status,
      (thrown: EdgeError) => thrown.code,
    ),
  );
  return Promise.all(outcomes);
}

describe('limits of the old connector', () => {
  it('row 50: the request over the limit is told so, word for word', async () => {
    await startWith({}, { RequestLimit: '1' });
    await expect.poll(async () => (await atOnce(4)).includes('feedback.request-limit')).toBe(true);
    await expect
      .poll(() => on(STATUS))
      .toContainEqual({
        response: {
          status: 'fail',
          error_message: 'Request limit has been reached (max request: 1 ). Dropping request.',
          error: 'Queue.Full',
        },
        id: expect.stringMatching(UUID) as string,
      });
  });

  it.each(['', '0'])('row 53: RequestLimit %j is not a limit', async (limit) => {
    await startWith({}, { RequestLimit: limit });
    expect(new Set(await atOnce(50))).toEqual(new Set(['accepted']));
  });
});

describe('topics', () => {
  it('row 57: configurable, and what the recipe allows covers the defaults', async () => {
    await startWith({}, { StatusTopic: 'line/{thing}/status', LocalPredictionTopic: 'feedback/message/prediction' });
    await publish();
    await expect.poll(() => on('line/belt-7/status').length).toBe(1);
    expect(ipc.messages).toContainEqual(
      expect.objectContaining({ plane: 'local', topic: 'feedback/message/prediction' }),
    );

    const recipe = parse(await readFile('recipes/edgeml.FeedbackUploader.yaml', 'utf8')) as Recipe;
    const { accessControl } = recipe.ComponentConfiguration.DefaultConfiguration;
    const defaults = readUploaderConfiguration({});
    const allowed = (service: string) =>
      Object.values(accessControl[service] ?? {}).flatMap(({ resources }) => resources);
    expect(allowed('aws.greengrass.ipc.pubsub')).toContain(defaults.MetricsTopic);
    expect(defaults.StatusTopic.startsWith('edgeml/') && defaults.PredictionTopic.startsWith('edgeml/')).toBe(true);
    expect(allowed('aws.greengrass.ipc.mqttproxy')).toContain('edgeml/*');
  });
});

interface Recipe {
  readonly ComponentConfiguration: {
    readonly DefaultConfiguration: {
      readonly accessControl: Readonly<Record<string, Readonly<Record<string, { readonly resources: string[] }>>>>;
    };
  };
}
