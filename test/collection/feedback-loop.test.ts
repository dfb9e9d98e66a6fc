import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '#packages/foundation';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { startS3Server, TEST_KEYS } from '../../testing/object-store/s3-server.ts';
import type { S3Server } from '../../testing/object-store/s3-server.ts';
import { staticCredentials } from '../../tools/local-core/credentials/provider.ts';
import { APP } from '../../testing/device/collection.ts';
import { Device } from '../../testing/device/device.ts';
import { sample } from '../../testing/device/samples.ts';
import { AppLog } from '../../testing/app/app-statistics.ts';

const UPLOADER = 'edgeml.FeedbackUploader';
const BUCKET = 'feedback-loop';
const SERVICE = 'PartsDetector';

describe('feedback, from the image to the bucket', () => {
  let s3: S3Server;
  let client: S3Client;
  let device: Device;
  let log: AppLog;
  /** Images that were answered while the service had no ConfigId. */
  let unoffered = 0;

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
  });

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

  const lost = (): number => Object.values(log.counts?.feedbackLost ?? {}).reduce((sum, count) => sum + count, 0);
  const accepted = (): number => log.counts?.feedbackAccepted ?? 0;
  /** Every answer was offered, but for those from before there was a ConfigId, and every offer has an outcome. */
  const isSettled = (answered: number): boolean =>
    (log.counts?.answered ?? 0) >= answered && log.counts!.answered - unoffered === accepted() + lost();

  /** Has a picture answered under a name; resolves when it is known whether the uploader took it. */
  async function offer(file: string, image: string): Promise<void> {
    const answered = log.counts?.answered ?? 0;
    await device.drop(sample(file), image);
    expect((await device.results.of(image)).error).toBeUndefined();
    await until(() => isSettled(answered + 1));
  }

  /** The name under which the uploader took a picture. The machine may be too busy for the hand-over, which then is counted. */
  async function keep(file: string, name: string): Promise<string> {
    for (let attempt = 1; attempt <= 5; attempt++) {
      const [before, image] = [accepted(), `${name}-${attempt}.jpg`];
      await offer(file, image);
      if (accepted() > before) return image;
    }
    throw new Error(`the uploader took none: ${JSON.stringify(log.counts)}`);
  }

  /** The object in the bucket that was made of an image; undefined if there is none yet. */
  async function objectOf(image: string): Promise<StoredObject | undefined> {
    const { Contents: contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET }));
    for (const { Key } of contents) {
      const { Body, ContentType, Metadata } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
      const bytes = Buffer.from(await Body!.transformToByteArray());
      if (Metadata?.['image'] === image) return { bytes, ContentType, Metadata };
    }
    return undefined;
  }

  it('row 19: keeps nothing of a service without a ConfigId', async () => {
    await feed('');
    const before = log.counts;
    unoffered++;
    await offer('belt-01.jpg', 'unwanted.jpg');

    expect(log.counts).toMatchObject({
      feedbackAccepted: before?.feedbackAccepted ?? 0,
      feedbackNotWanted: 0,
      feedbackLost: before?.feedbackLost ?? {},
    });
  });

  it('row 19: puts the image of each inference into the bucket, byte for byte, with where it comes from', async () => {
    await feed('Scenes');
    await until(() => log.of('feedback.ready').length > 0);
    const image = await keep('belt-02.jpg', 'wanted');
    await expect.poll(() => objectOf(image)).toBeDefined();

    const object = await objectOf(image);
    expect(object?.bytes).toEqual(await readFile(sample('belt-02.jpg')));
    expect(object?.Metadata).toMatchObject({ service: SERVICE, source: 'inbox', image });
    expect(object?.ContentType).toBe('image/jpeg');
  });

  it('row 20: says that the uploader has no such ConfigId', async () => {
    await feed('Scene');
    await until(() => log.of('feedback.unknown-config').length > 0);

    expect(log.of('feedback.unknown-config')[0]).toMatchObject({
      level: 'error',
      service: SERVICE,
      configId: 'Scene',
      known: ['Scenes'],
      error: { message: expect.stringContaining('did you mean Scenes.') as string },
    });
  });

  it('goes on answering while the uploader stands still, counts what is lost, and goes on when it is back', async () => {
    await feed('Scenes');
    const before = lost();
    const uploader = device.pid(UPLOADER);
    process.kill(uploader, 'SIGSTOP');
    try {
      // More than the hand-over holds: 2 under way, 16 waiting.
      for (let n = 0; n < 24; n++) await device.drop(sample('belt-03.jpg'), `still-${n}.jpg`);
      for (let n = 0; n < 24; n++) expect((await device.results.of(`still-${n}.jpg`)).error).toBeUndefined();
      await until(() => lost() > before);
    } finally {
      process.kill(uploader, 'SIGCONT');
    }

    const image = await keep('belt-04.jpg', 'after');
    await expect.poll(() => objectOf(image)).toBeDefined();
  });

  it('goes on answering without an uploader, and counts what becomes of each image', async () => {
    await feed('Scenes');
    process.kill(device.pid(UPLOADER), 'SIGKILL');

    // The core starts it again: what came in between is lost, or was taken after all.
    for (let n = 0; n < 5; n++) await offer('belt-05.jpg', `gone-${n}.jpg`);
  });
});

interface StoredObject {
  readonly bytes: Buffer;
  readonly ContentType: string | undefined;
  readonly Metadata: Readonly<Record<string, string>>;
}
