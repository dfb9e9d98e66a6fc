import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#packages/foundation';
import { startS3Server, TEST_KEYS } from '../../testing/object-store/s3-server.ts';
import type { S3Server } from '../../testing/object-store/s3-server.ts';
import { staticCredentials } from '../../tools/local-core/credentials/provider.ts';
import { APP } from '../../testing/device/collection.ts';
import { Device } from '../../testing/device/device.ts';
import { PATIENCE_MS } from '../../testing/device/patience.ts';
import { sample } from '../../testing/device/samples.ts';
import { AppLog } from '../../testing/app/app-statistics.ts';

const UPLOADER = 'edgeml.FeedbackUploader';
const BUCKET = 'feedback-loop';
const SERVICE = 'PartsDetector';
const patience = { timeout: PATIENCE_MS };

describe('feedback, from the image to the bucket', () => {
  let s3: S3Server;
  let client: S3Client;
  let device: Device;
  let log: AppLog;

  beforeAll(async () => {
    s3 = await startS3Server(BUCKET);
    client = new S3Client({ endpoint: s3.url, region: 'us-east-1', forcePathStyle: true, credentials: TEST_KEYS });
    device = await Device.start({
      tokenExchange: { provider: staticCredentials(systemClock, TEST_KEYS) },
      app: { StatisticsIntervalSeconds: 1, Annotate: { Enabled: false } },
    });
    log = new AppLog(device.core);
    const map = { Scenes: { 's3-bucket-name': BUCKET, 'content-type': 'image/jpeg', 'file-ext': 'jpg' } };
    const uploader = { FeedbackConfigurationMap: map, S3Endpoint: s3.url, S3ForcePathStyle: true };
    const outcome = await device.deploy({
      rootComponentVersionsToAdd: { [UPLOADER]: '1.0.0' },
      componentToConfiguration: { [UPLOADER]: { MERGE: uploader } },
    });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
  }, PATIENCE_MS);

  afterAll(async () => {
    await device.stop();
    client.destroy();
    await s3.close();
  });

  async function configure(component: string, settings: object): Promise<void> {
    const outcome = await device.deploy({ componentToConfiguration: { [component]: { MERGE: settings } } });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED' });
  }

  const feed = (configId: string) =>
    configure(APP, { Services: { [SERVICE]: { MLFeedbackConnectorConfigId: configId } } });
  const until = (condition: () => boolean) => log.until(condition, AbortSignal.timeout(PATIENCE_MS));

  async function stored(): Promise<readonly string[]> {
    const { Contents: contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    return contents.map(({ Key: key }) => key ?? '');
  }

  it('row 19: keeps nothing of a service without a ConfigId', patience, async () => {
    await device.drop(sample('belt-01.jpg'), 'unwanted.jpg');
    await device.results.of('unwanted.jpg');
    await until(() => (log.counts?.answered ?? 0) >= 1);

    expect(log.counts).toMatchObject({ feedbackAccepted: 0, feedbackNotWanted: 0, feedbackLost: {} });
  });

  it(
    'row 19: puts the image of each inference into the bucket, byte for byte, with where it comes from',
    patience,
    async () => {
      await feed('Scenes');
      await until(() => log.of('feedback.ready').length === 1);
      await device.drop(sample('belt-02.jpg'), 'wanted.jpg');
      await device.results.of('wanted.jpg');
      await expect.poll(stored, { timeout: PATIENCE_MS }).toHaveLength(1);

      const [key] = await stored();
      const object = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }));
      expect(Buffer.from(await object.Body!.transformToByteArray())).toEqual(await readFile(sample('belt-02.jpg')));
      expect(object.Metadata).toMatchObject({ service: SERVICE, source: 'inbox', image: 'wanted.jpg' });
      expect(object.ContentType).toBe('image/jpeg');
    },
  );

  it('row 20: says at once that the uploader has no such ConfigId', patience, async () => {
    await feed('Scene');
    await until(() => log.of('feedback.unknown-config').length === 1);

    expect(log.of('feedback.unknown-config')[0]).toMatchObject({
      level: 'error',
      service: SERVICE,
      configId: 'Scene',
      known: ['Scenes'],
      error: { message: expect.stringContaining('did you mean Scenes.') as string },
    });
    await feed('Scenes');
  });

  it(
    'goes on answering while the uploader stands still, counts what is lost, and goes on when it is back',
    patience,
    async () => {
      const uploader = device.pid(UPLOADER);
      process.kill(uploader, 'SIGSTOP');
      try {
        // More than the hand-over holds: 2 under way, 16 waiting.
        for (let n = 0; n < 24; n++) await device.drop(sample('belt-03.jpg'), `still-${n}.jpg`);
        for (let n = 0; n < 24; n++) expect((await device.results.of(`still-${n}.jpg`)).error).toBeUndefined();
        await until(() => (log.counts?.feedbackLost.full ?? 0) > 0);
      } finally {
        process.kill(uploader, 'SIGCONT');
      }

      await device.drop(sample('belt-04.jpg'), 'after.jpg');
      await device.results.of('after.jpg');
      await expect.poll(async () => imagesOf(await stored()), { timeout: PATIENCE_MS }).toContain('after.jpg');
    },
  );

  it('goes on answering without an uploader', patience, async () => {
    const before = log.counts?.feedbackLost.unreachable ?? 0;
    process.kill(device.pid(UPLOADER), 'SIGKILL');
    for (let n = 0; n < 5; n++) await device.drop(sample('belt-05.jpg'), `gone-${n}.jpg`);
    for (let n = 0; n < 5; n++) expect((await device.results.of(`gone-${n}.jpg`)).error).toBeUndefined();

    // The core starts it again; what came in between is counted, or was taken after all.
    await until(() => {
      const { answered = 0, feedbackAccepted = 0, feedbackLost = {} } = log.counts ?? {};
      const lost = Object.values(feedbackLost).reduce((sum, count) => sum + count, 0);
      return answered - 1 === feedbackAccepted + lost;
    });
    expect(log.counts?.feedbackLost.unreachable ?? 0).toBeGreaterThanOrEqual(before);
  });

  async function imagesOf(keys: readonly string[]): Promise<readonly (string | undefined)[]> {
    const objects = await Promise.all(keys.map((Key) => client.send(new GetObjectCommand({ Bucket: BUCKET, Key }))));
    return Promise.all(
      objects.map(async ({ Body: body, Metadata: metadata }) => {
        await body?.transformToByteArray();
        return metadata?.['image'];
      }),
    );
  }
});
