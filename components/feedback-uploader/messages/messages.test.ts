import { describe, expect, it } from 'vitest';
import { Incidents, silentLogger } from '#packages/foundation';
import { ipcErrors } from '#packages/ipc';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { readUploaderConfiguration } from '../config.ts';
import { recordingIpc } from '../../../testing/uploader/recording-ipc.ts';
import { sampleHeader } from '../../../testing/uploader/sample-maker.ts';
import { settled } from '../../../testing/uploader/until.ts';
import { Announcer, announcerSettings } from './announcer.ts';
import { publishTimestamp } from './publish-timestamp.ts';
import { Publisher } from './publisher.ts';

const STATUS = 'edgeml/thing-1/feedback/message/status';
const PREDICTION = 'edgeml/thing-1/feedback/message/prediction';
const METRICS = 'cloudwatch/metric/put';
const never = new AbortController().signal;
const at = { bucket: 'samples', key: 'parts/4bce.jpg' };
const receipt = {
  existed: false,
  response: {
    ResponseMetadata: {
      HostId: 'IOWQ4fDEXAMPLEQM+ey7N9WgVhSnQ6JEXAMPLEZb7hSQDASK+Jd1vEXAMPLEa3Km',
      RetryAttempts: 1,
      HTTPStatusCode: 200,
      RequestId: '79104EXAMPLEB723',
      HTTPHeaders: { 'content-length': '0', server: 'AmazonS3' },
    },
    ETag: '"b9c4f172e64458a5fd674EXAMPLE5628"',
    Expiration: 'expiry-date="Sun, 13 Jul 2036 00:00:00 GMT"',
    ServerSideEncryption: 'AES256',
  },
};

function make(configuration: object = {}, maxMessageBytes?: number) {
  const ipc = recordingIpc();
  const clock = new FakeClock();
  const publisher = new Publisher({ session: ipc, clock, incidents: new Incidents(silentLogger) });
  const settings = announcerSettings(readUploaderConfiguration(configuration), 'thing-1', maxMessageBytes);
  return { ipc, clock, publisher, announcer: new Announcer(publisher, settings) };
}

const metric = (metricName: string, value = 1, unit = 'Count') => ({
  plane: 'local',
  topic: METRICS,
  message: { request: { namespace: 'GreengrassFeedbackConnector', metricData: { metricName, unit, value } } },
});

describe('messages', () => {
  it('row 46: writes publish-ts like the old connector', () => {
    expect(publishTimestamp(Date.UTC(2019, 6, 11, 0, 12, 48, 816))).toBe('2019-07-11 00:12:48.816000');
    expect(publishTimestamp(Date.UTC(2026, 0, 1))).toBe('2026-01-01 00:00:00.000000');
  });

  it('rows 47, 52 and 54: announces an uploaded sample: prediction, then status, with their metrics', async () => {
    const { ipc, announcer } = make();
    const metadata = { 'publish-ts': '2019-07-11 00:12:48.816752', line: '7' };
    const sample = sampleHeader({ id: '4bce', configId: 'ConfigID2', prediction: [0.5, 0.2, 0.2, 0.1], metadata });

    announcer.begun(sample, 123_456);
    expect(ipc.messages).toEqual([metric('SampleSize', 123_456, 'Bytes')]);

    await announcer.uploaded(sample, at, receipt, never);
    expect(ipc.messages.slice(1)).toEqual([
      metric('SampleUploadSuccess'),
      {
        plane: 'mqtt',
        topic: PREDICTION,
        message: {
          'source-ref': 's3://samples/parts/4bce.jpg',
          'model-prediction': [0.5, 0.2, 0.2, 0.1],
          'config-id': 'ConfigID2',
          metadata,
        },
      },
      metric('SampleAndPredictionPublished'),
      {
        plane: 'mqtt',
        topic: STATUS,
        message: {
          response: { status: 'success', s3_response: { ...receipt.response, ...at } },
          id: '4bce',
        },
      },
    ]);
    const { message } = ipc.messages[2] as { message: object };
    expect(Object.keys(message)).toEqual(['source-ref', 'model-prediction', 'config-id', 'metadata']);
  });

  it('row 48: tells that the strategy dropped a sample', () => {
    const { ipc, announcer } = make();
    announcer.dropped('4bce');
    expect(ipc.messages).toEqual([
      metric('SampleNotUsed'),
      { plane: 'mqtt', topic: STATUS, message: { response: { status: 'sample_dropped_by_strategy' }, id: '4bce' } },
    ]);
  });

  it('rows 49 and 51: tells why the store refused, with the id in the text', () => {
    const { ipc, announcer } = make();
    const reason = 'The specified bucket does not exist';
    announcer.refused(sampleHeader({ id: '4bce' }), {
      fault: 'destination',
      code: 'NoSuchBucket',
      reason,
      nothingSent: false,
    });
    expect(ipc.messages).toEqual([
      metric('SampleUploadFailure'),
      {
        plane: 'mqtt',
        topic: STATUS,
        message: {
          response: {
            status: 'fail',
            error_message: `[RequestId: 4bce] Failed to upload model input data due to exception. Model prediction will not be published. Exception type: NoSuchBucket, error: An error occurred (NoSuchBucket) when calling the PutObject operation: ${reason}`,
            error: 'NoSuchBucket',
          },
          id: '4bce',
        },
      },
    ]);
  });

  it('row 50: tells that the request limit was reached, word for word', () => {
    const { ipc, announcer } = make();
    announcer.throttled('4bce', 10);
    expect(ipc.messages).toEqual([
      metric('ErrorRequestThrottled'),
      {
        plane: 'mqtt',
        topic: STATUS,
        message: {
          response: {
            status: 'fail',
            error_message: 'Request limit has been reached (max request: 10 ). Dropping request.',
            error: 'Queue.Full',
          },
          id: '4bce',
        },
      },
    ]);
  });

  it('tells that a sample was evicted, unless its refusal was told', () => {
    const { ipc, announcer } = make();
    const entry = { id: '4bce', configId: 'Aa', bucket: 'b', priority: 5, bytes: 1, bodyBytes: 1, attempted: false };
    announcer.evicted(entry, 'refused');
    expect(ipc.messages).toEqual([]);
    announcer.evicted(entry, 'space');
    expect(ipc.messages[1]?.message).toMatchObject({
      id: '4bce',
      response: { status: 'fail', error: 'Spool.Evicted' },
    });
  });

  it('row 57: speaks on configured topics, on both planes or on none', async () => {
    const both = make({
      StatusTopic: 'feedback/message/status',
      PredictionTopic: '',
      LocalStatusTopic: 'site/{thing}/status',
      LocalPredictionTopic: 'feedback/message/prediction',
      MetricsTopic: '',
    });
    await both.announcer.uploaded(sampleHeader(), at, receipt, never);
    expect(both.ipc.messages.map(({ plane, topic }) => `${plane} ${topic}`)).toEqual([
      'local feedback/message/prediction',
      'mqtt feedback/message/status',
      'local site/thing-1/status',
    ]);

    const none = make({ StatusTopic: '', PredictionTopic: '', MetricsTopic: '' });
    await none.announcer.uploaded(sampleHeader(), at, receipt, never);
    none.announcer.dropped('x');
    expect(none.ipc.messages).toEqual([]);
  });

  it.each([
    ['all', ['sample_dropped_by_strategy', 'fail', 'success']],
    ['kept', ['fail', 'success']],
    ['failures', ['fail']],
  ])('sends the status messages that are wanted: %s', async (wanted, expected) => {
    const { ipc, announcer } = make({ StatusMessages: wanted, MetricsTopic: '', PredictionTopic: '' });
    announcer.dropped('1');
    announcer.failed('2', 'Error', 'reason');
    await announcer.uploaded(sampleHeader(), at, receipt, never);
    expect(ipc.messages.map(({ message }) => (message as { response: { status: string } }).response.status)).toEqual(
      expected,
    );
  });

  it('leaves the prediction out of a message that the nucleus could not carry', async () => {
    const prediction = Array.from({ length: 1_000 }, (_, index) => index / 1_000);
    const large = make({ MaxMessageBytes: 100_000 });
    await large.announcer.uploaded(sampleHeader({ prediction }), at, receipt, never);
    expect(large.ipc.messages[1]?.message).toMatchObject({ 'model-prediction': prediction });

    const small = make({ MaxMessageBytes: 100_000 }, 4_000);
    await small.announcer.uploaded(sampleHeader({ prediction }), at, receipt, never);
    expect(small.ipc.messages[1]?.message).toMatchObject({
      'source-ref': 's3://samples/parts/4bce.jpg',
      'model-prediction': null,
    });
  });

  describe('while the nucleus is away', () => {
    const away = ipcErrors.error('ipc.timeout', 'no answer');

    it('repeats what must not get lost until it is back', async () => {
      const { ipc, announcer, clock } = make({ MetricsTopic: '' });
      ipc.fault = away;
      let isDone = false;
      const done = announcer.uploaded(sampleHeader(), at, receipt, never).then(() => (isDone = true));
      await clock.advance(10_000);
      expect(isDone).toBe(false);
      ipc.fault = undefined;
      await clock.advance(2_000);
      await done;
      expect(ipc.messages.map(({ topic }) => topic)).toEqual([PREDICTION, STATUS]);
    });

    it('gives up after a minute, so that uploads go on, and counts what was lost', async () => {
      const { ipc, announcer, clock, publisher } = make({ MetricsTopic: '' });
      ipc.fault = away;
      const done = announcer.uploaded(sampleHeader(), at, receipt, never);
      await clock.advance(130_000);
      await done;
      expect(publisher.lost).toBe(2);
    });

    it('does not repeat what the nucleus refuses', async () => {
      const { ipc, announcer, publisher } = make();
      ipc.fault = ipcErrors.error('ipc.unauthorized', 'no policy', {
        facts: {
          component: 'edgeml.FeedbackUploader',
          operation: 'PublishToTopic',
          resource: STATUS,
          service: 'aws.greengrass.ipc.pubsub',
          policyId: 'edgeml.FeedbackUploader:pubsub:extra',
          statement: '',
        },
      });
      await announcer.uploaded(sampleHeader(), at, receipt, never);
      await settled(3);
      expect(publisher.lost).toBeGreaterThanOrEqual(2);
      expect(ipc.messages).toEqual([]);
    });

    it('stops when it is told to', async () => {
      const { ipc, announcer } = make();
      ipc.fault = away;
      const controller = new AbortController();
      const done = announcer.uploaded(sampleHeader(), at, receipt, controller.signal);
      await settled(3);
      controller.abort(new Error('stop'));
      await expect(done).rejects.toThrow('stop');
    });

    it('loses metrics and drops rather than piling them up', async () => {
      const { ipc, announcer, publisher } = make();
      ipc.publishLocal = () => new Promise(() => undefined);
      ipc.publishIot = () => new Promise(() => undefined);
      for (let request = 0; request < 1_000; request++) announcer.dropped(String(request));
      expect(publisher.lost).toBe(1_900);
      await settled(1);
    });
  });
});
