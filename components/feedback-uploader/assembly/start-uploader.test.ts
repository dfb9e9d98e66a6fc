import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '#packages/foundation';
import type { EdgeError, LogLevel } from '#packages/foundation';
import { createFeedbackClient } from '#packages/http';
import type { FeedbackClient } from '#packages/http';
import { seededRandom } from '../../../testing/seeded-random.ts';
import { DOWN, MemoryObjectStore } from '../../../testing/object-store/memory-object-store.ts';
import { PATIENCE_MS } from '../../../testing/patience.ts';
import { recordingIpc } from '../../../testing/uploader/recording-ipc.ts';
import type { RecordingIpc } from '../../../testing/uploader/recording-ipc.ts';
import { hashPicture } from '../duplicates/picture-hash.ts';
import { redactImage } from '../redaction/redact-image.ts';
import { startUploader } from './start-uploader.ts';
import type { RunningUploader } from './start-uploader.ts';
import type { StorePlace } from './store-switch.ts';

const run = promisify(execFile);
const good = { 's3-bucket-name': 'samples', 'content-type': 'image/jpeg', 'file-ext': 'jpg' };

let folder: string;
let ipc: RecordingIpc;
let store: MemoryObjectStore;
let places: StorePlace[];
let levels: LogLevel[];
let uploader: RunningUploader;
let client: FeedbackClient;

async function start(configuration: object = { FeedbackConfigurationMap: { Parts: good } }): Promise<void> {
  ipc = recordingIpc(configuration);
  uploader = await startUploader({
    workFolder: folder,
    configuration,
    ipc,
    thing: 'belt-7',
    regionOfDevice: 'eu-west-1',
    redact: redactImage,
    hash: hashPicture,
    openStore: (place) => {
      places.push(place);
      return store;
    },
    clock: systemClock,
    random: seededRandom(1),
    log: silentLogger,
    setLogLevel: (level) => levels.push(level),
  });
  await uploader.ready;
  client = createFeedbackClient({ socketPath: uploader.socketPath });
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'uploader-'));
  store = new MemoryObjectStore('samples', 'more');
  places = [];
  levels = [];
});
afterEach(async () => {
  client.close();
  await uploader.close(1_000);
  await rm(folder, { recursive: true, force: true });
});

const input = Buffer.from('pixels');
const publish = (configId = 'Parts', prediction: unknown[] = [0.3, 0.7]) =>
  client.publish(configId, { input, prediction });
const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'ok',
    (thrown: EdgeError) => thrown.code,
  );
const topics = () => ipc.messages.map(({ topic }) => topic);

describe('the uploader as a component', () => {
  it('is reached in SocketFolder too, which the group may enter and not write into', async () => {
    const shared = path.join(folder, 'shared');
    await start({ SocketFolder: shared, FeedbackConfigurationMap: { Parts: good } });
    const modes = await Promise.all(
      [shared, path.join(shared, 'feedback.sock')].map(async (one) => (await stat(one)).mode),
    );
    expect(modes.map((mode) => (mode & 0o7777).toString(8))).toEqual(['2750', '660']);
    const other = createFeedbackClient({ socketPath: path.join(shared, 'feedback.sock') });
    expect(await other.publish('Parts', { input, prediction: [0.3, 0.7] })).toMatchObject({ status: 'accepted' });
    other.close();
  });

  it('is reached in its work folder by the group if WorkFolderMode says so', async () => {
    const before = process.umask();
    try {
      await start({ WorkFolderMode: '710', FeedbackConfigurationMap: { Parts: good } });
      expect(((await stat(folder)).mode & 0o7777).toString(8)).toBe('710');
      expect(((await stat(uploader.socketPath)).mode & 0o7777).toString(8)).toBe('660');
    } finally {
      process.umask(before);
    }
  });

  it('takes a sample, uploads it and announces it', async () => {
    await start();
    const answer = await client.publish('Parts', { input, prediction: [0.3, 0.7], metadata: { ort: 'Köln', line: 7 } });
    expect(answer).toMatchObject({ status: 'accepted', bucket: 'samples', bytes: 6 });
    await expect.poll(topics).toContain('edgeml/belt-7/feedback/message/status');
    const key = `${answer.id}.jpg`;
    expect(store.object('samples', key)).toMatchObject({
      body: input,
      contentType: 'image/jpeg',
      metadata: { ort: 'Köln', line: '7' },
    });
    expect(ipc.messages.map(({ topic, message }) => [topic, message])).toMatchObject([
      ['cloudwatch/metric/put', { request: { metricData: { metricName: 'SampleSize', value: 6 } } }],
      ['cloudwatch/metric/put', { request: { metricData: { metricName: 'SampleUploadSuccess' } } }],
      [
        'edgeml/belt-7/feedback/message/prediction',
        { 'source-ref': `s3://samples/${key}`, 'model-prediction': [0.3, 0.7], 'config-id': 'Parts' },
      ],
      ['cloudwatch/metric/put', { request: { metricData: { metricName: 'SampleAndPredictionPublished' } } }],
      ['edgeml/belt-7/feedback/message/status', { id: answer.id, response: { status: 'success' } }],
    ]);
  });

  it('can be spoken to with curl, prediction and metadata beside the body', async () => {
    await start();
    const image = path.join(folder, 'part.jpg');
    await writeFile(image, 'bytes of a photo');
    const { stdout } = await run('curl', [
      ...['-sS', '--unix-socket', uploader.socketPath, '--data-binary', `@${image}`],
      ...['-H', 'x-edgeml-prediction: {"prediction": [[14, 0.93, 0.1, 0.2, 0.3, 0.4]]}'],
      ...['-H', 'x-edgeml-metadata: {"ort": "Köln"}', 'http://localhost/v1/feedback/Parts'],
    ]);
    const answer = JSON.parse(stdout) as { id: string; status: string };
    expect(answer.status).toBe('accepted');
    await expect
      .poll(() => store.object('samples', `${answer.id}.jpg`))
      .toMatchObject({
        body: Buffer.from('bytes of a photo'),
        metadata: { ort: 'Köln' },
      });
  });

  it('takes a body in chunks', async () => {
    await start();
    const { stdout } = await run('curl', [
      ...['-sS', '--unix-socket', uploader.socketPath, '-H', 'x-edgeml-prediction: [1]'],
      ...['-H', 'transfer-encoding: chunked', '--data-binary', 'chunked body', 'http://localhost/v1/feedback/Parts'],
    ]);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'accepted', bytes: 12 });
  });

  it('takes the prediction of a classifier with many thousand classes', async () => {
    await start();
    const prediction = Array.from({ length: 20_000 }, (_, index) => index / 200_000_000);
    const { id } = await publish('Parts', prediction);
    await expect.poll(topics).toContain('edgeml/belt-7/feedback/message/prediction');
    const announced = ipc.messages.find(({ topic }) => topic.endsWith('prediction'))?.message;
    expect(announced).toMatchObject({ 'source-ref': `s3://samples/${id}.jpg`, 'model-prediction': null });
  });

  it('answers for what it is: health and metrics', async () => {
    await start();
    store.fault = DOWN;
    await publish();
    expect(await codeOf(publish('Nobody'))).toBe('feedback.unknown-config');
    expect(await client.health()).toMatchObject({ status: 'ok', configurations: ['Parts'], spool: { samples: 1 } });
    const text = await client.metrics();
    for (const line of [
      'edgeml_feedback_accepted_total 1',
      'edgeml_feedback_uploaded_total 0',
      'edgeml_feedback_spool_samples 1',
      'edgeml_feedback_evicted_total{reason="space"} 0',
      'edgeml_feedback_requests_total{config="Parts",outcome="accepted"} 1',
      'edgeml_feedback_requests_total{config="unknown",outcome="feedback.unknown-config"} 1',
      'edgeml_feedback_buffered_bytes 0',
    ])
      expect(text).toContain(`${line}\n`);
    await expect.poll(() => client.metrics()).toContain('upload_attempts_total{outcome="store.unreachable"}');
  });

  it('keeps its socket and its samples from other users', async () => {
    await start();
    store.fault = DOWN;
    await publish();
    expect((await stat(uploader.socketPath)).mode & 0o777).toBe(0o660);
    expect((await stat(path.join(folder, 'spool'))).mode & 0o777).toBe(0o700);
  });

  it('lets no second process at the same spool', async () => {
    await start();
    const second = startUploader({
      workFolder: folder,
      configuration: {},
      ipc,
      thing: 'x',
      redact: redactImage,
      hash: hashPicture,
      openStore: () => store,
      clock: systemClock,
      random: seededRandom(1),
      log: silentLogger,
      setLogLevel: () => undefined,
    });
    await expect(second).rejects.toMatchObject({ code: 'socket.in-use' });
  });

  it('keeps samples over a restart', async () => {
    await start();
    store.fault = DOWN;
    const answers = [await publish(), await publish()];
    await uploader.close(1_000);
    client.close();
    expect(await codeOf(publish())).toBe('feedback.unreachable');
    store.fault = undefined;
    await start();
    await expect.poll(() => store.keys('samples').length).toBe(4);
    expect(new Set(store.keys('samples'))).toEqual(new Set(answers.flatMap(({ id }) => [`${id}.json`, `${id}.jpg`])));
  });

  it('row 35: does not start with a map that is not JSON, and names it', async () => {
    await start();
    const options = { workFolder: folder, configuration: { FeedbackConfigurationMap: '{' }, ipc, thing: 'x' };
    const ports = {
      redact: redactImage,
      hash: hashPicture,
      openStore: () => store,
      clock: systemClock,
      random: seededRandom(1),
    };
    await expect(
      startUploader({ ...options, ...ports, log: silentLogger, setLogLevel: () => undefined }),
    ).rejects.toMatchObject({
      code: 'config.invalid',
      message: expect.stringContaining('/FeedbackConfigurationMap: is not valid JSON') as string,
    });
  });

  describe('live configuration', () => {
    it('holds at once: new configurations, topics, limits, store, level of the log', async () => {
      await start();
      expect(await codeOf(publish('More'))).toBe('feedback.unknown-config');
      ipc.deploy({
        FeedbackConfigurationMap: JSON.stringify({ More: { ...good, 's3-bucket-name': 'more' } }),
        StatusTopic: 'feedback/message/status',
        MaxSampleMB: '0.001',
        S3Endpoint: 'https://store.local:9000',
        LogLevel: 'debug',
      });
      await expect.poll(() => client.health()).toMatchObject({ configurations: ['More'] });
      expect((await publish('More')).status).toBe('accepted');
      await expect.poll(topics).toContain('feedback/message/status');
      expect(store.keys('more')).toHaveLength(2);
      expect(await codeOf(publish('Parts'))).toBe('feedback.unknown-config');
      expect(await codeOf(client.publish('More', { input: Buffer.alloc(1_001), prediction: [1] }))).toBe(
        'feedback.sample-too-large',
      );
      expect(places).toEqual([
        { region: 'eu-west-1', endpoint: '', forcePathStyle: false },
        { region: 'eu-west-1', endpoint: 'https://store.local:9000', forcePathStyle: false },
      ]);
      expect(levels).toEqual(['info', 'debug']);
    });

    it('keeps the last good one when a new one is wrong, and rejects it before it is deployed', async () => {
      await start();
      const wrong = { FeedbackConfigurationMap: { Parts: { ...good, 's3-bucket-name': 'No' } } };
      ipc.deploy(wrong);
      expect((await publish()).status).toBe('accepted');
      expect(await ipc.validate(wrong)).toMatch('/FeedbackConfigurationMap/Parts/s3-bucket-name');
      expect(await ipc.validate({ FeedbackConfigurationMap: { Parts: good } })).toBeUndefined();
    });

    it('lets waiting samples follow a corrected bucket', async () => {
      await start({ FeedbackConfigurationMap: { Parts: { ...good, 's3-bucket-name': 'wrong' } } });
      const { id } = await publish();
      await expect
        .poll(() => ipc.messages.map(({ message }) => message))
        .toContainEqual(
          expect.objectContaining({ id, response: expect.objectContaining({ error: 'NoSuchBucket' }) as object }),
        );
      ipc.deploy({ FeedbackConfigurationMap: { Parts: good } });
      await expect.poll(() => store.keys('samples')).toEqual([`${id}.json`, `${id}.jpg`]);
    });
  });

  describe('at the edges of HTTP', () => {
    const raw = (request: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(uploader.socketPath);
        let text = '';
        socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
        socket.on('close', () => resolve(text)).on('error', reject);
        socket.end(request.replaceAll('\n', '\r\n'));
      });

    it.each([
      ['GET /nothing HTTP/1.1\nHost: x\n\n', '404', 'feedback.no-route'],
      ['GET /v1/feedback/Parts HTTP/1.1\nHost: x\n\n', '405', 'feedback.method-not-allowed'],
      ['POST /healthz HTTP/1.1\nHost: x\nContent-Length: 0\n\n', '405', 'feedback.method-not-allowed'],
      ['POST /v1/feedback/Parts HTTP/1.1\nHost: x\nContent-Length: 1\n\nx', '400', 'feedback.bad-sample'],
      [
        'POST /v1/feedback/Parts HTTP/1.1\nHost: x\nX-EdgeML-Prediction: [0.5,\nContent-Length: 1\n\nx',
        '400',
        'feedback.bad-sample',
      ],
      ['POST /v1/feedback/%E0%A4%A HTTP/1.1\nHost: x\nContent-Length: 1\n\nx', '404', 'feedback.unknown-config'],
      [
        'POST /v1/feedback/Parts HTTP/1.1\nHost: x\nX-EdgeML-Prediction: [1]\nContent-Length: 99000000\n\nx',
        '413',
        'feedback.sample-too-large',
      ],
    ])('answers %j with %s %s', async (request, status, code) => {
      await start();
      const answer = await raw(request);
      expect(answer).toMatch(`HTTP/1.1 ${status}`);
      expect(answer).toContain(`"code":"${code}"`);
    });

    it('forgets a body that never comes', async () => {
      await start();
      const socket = connect(uploader.socketPath);
      socket.write(
        'POST /v1/feedback/Parts HTTP/1.1\r\nHost: x\r\nX-EdgeML-Prediction: [1]\r\nContent-Length: 1000\r\n\r\nhalf',
      );
      await expect.poll(() => client.metrics()).toContain('edgeml_feedback_buffered_bytes 1000\n');
      socket.destroy();
      await expect.poll(() => client.metrics()).toContain('edgeml_feedback_buffered_bytes 0\n');
      await expect.poll(() => client.metrics()).toContain('edgeml_feedback_requests_running 0\n');
      expect((await client.health()).spool?.samples).toBe(0);
    });

    it('answers more on a connection after a sample that it dropped unread', async () => {
      await start({
        FeedbackConfigurationMap: {
          Parts: { ...good, 'sampling-strategy': { 'strategy-name': 'RANDOM_SAMPLING', rate: 0 } },
        },
      });
      const one = createFeedbackClient({ socketPath: uploader.socketPath, maxConnections: 1 });
      for (let round = 0; round < 5; round++) {
        const answer = await one.publish('Parts', { input: Buffer.alloc(3_000_000), prediction: [1] });
        expect(answer.status).toBe('sample_dropped_by_strategy');
      }
      one.close();
    });
  });

  it('row 50: answers 429 with the wording of the old connector', async () => {
    await start({ FeedbackConfigurationMap: { Parts: good }, RequestLimit: '1' });
    const socket = connect(uploader.socketPath);
    socket.write(
      'POST /v1/feedback/Parts HTTP/1.1\r\nHost: x\r\nX-EdgeML-Prediction: [1]\r\nContent-Length: 9\r\n\r\n',
    );
    await expect.poll(() => client.metrics()).toContain('edgeml_feedback_requests_running 1\n');
    await expect(publish()).rejects.toMatchObject({
      code: 'feedback.request-limit',
      status: 429,
      message: 'Request limit has been reached (max request: 1 ). Dropping request.',
      facts: { retryAfterMs: 1_000 },
    });
    expect(ipc.messages.at(-1)?.message).toMatchObject({ response: { status: 'fail', error: 'Queue.Full' } });
    socket.destroy();
  });

  it('finishes requests that run when it stops, and takes no more', async () => {
    await start();
    const socket = connect(uploader.socketPath);
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    socket.write(
      'POST /v1/feedback/Parts HTTP/1.1\r\nHost: x\r\nX-EdgeML-Prediction: [1]\r\nContent-Length: 4\r\n\r\n',
    );
    await expect.poll(() => client.metrics()).toContain('edgeml_feedback_requests_running 1\n');
    const closed = uploader.close(PATIENCE_MS);
    socket.write('last');
    expect(await answer).toMatch('202 Accepted');
    await closed;
  });
});
