import { readFile } from 'node:fs/promises';
import { quantile, systemClock } from '#packages/foundation';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { startS3Server, TEST_KEYS } from '../../testing/object-store/s3-server.ts';
import { staticCredentials } from '../../tools/local-core/credentials/provider.ts';
import { onResults } from '../../tools/cli/start/result-stream.ts';
import { APP } from '../../testing/device/collection.ts';
import { Device } from '../../testing/device/device.ts';
import { sample } from '../../testing/device/samples.ts';

interface LatencyFigures {
  readonly images: number;
  /** From the moment that the application has seen the image to its result on the local topic, milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface FeedbackLatencyReport {
  readonly off: LatencyFigures;
  readonly on: LatencyFigures;
  readonly p50Ratio: number;
  readonly p99Ratio: number;
}

const UPLOADER = 'edgeml.FeedbackUploader';
const BUCKET = 'feedback-bench';
/** On and off in turns, so that other load on the machine meets both. */
const BLOCK = 25;
const WARM_UP = 10;

/**
 * The cost of feedback to the application: one image after the other through the real application and agent on a local core, each result waited for,
 * with every image given to the uploader and with none.
 */
export async function measureFeedbackLatency(images: number, signal: AbortSignal): Promise<FeedbackLatencyReport> {
  const s3 = await startS3Server(BUCKET);
  const device = await Device.start({
    tokenExchange: { provider: staticCredentials(systemClock, TEST_KEYS) },
    app: { Annotate: { Enabled: false } },
  });
  try {
    const photo = await readFile(sample('belt-17.jpg'));
    const map = { All: { 's3-bucket-name': BUCKET, 'content-type': 'image/jpeg' } };
    const uploader = { FeedbackConfigurationMap: map, S3Endpoint: s3.url, S3ForcePathStyle: true };
    let count = 0;
    const waiting = new Map<string, (ms: number) => void>();
    onResults(device.core, ({ image, timestamp }) => {
      waiting.get(image)?.(performance.timeOrigin + performance.now() - Date.parse(timestamp));
      waiting.delete(image);
    });
    const ask = async (): Promise<number> => {
      signal.throwIfAborted();
      const name = `photo-${++count}.jpg`;
      const answered = new Promise<number>((resolve, reject) => {
        const late = setTimeout(() => reject(new Error(`no result for ${name}`)), PATIENCE_MS);
        waiting.set(name, (ms) => (clearTimeout(late), resolve(ms)));
      });
      await device.drop(photo, name);
      return answered;
    };
    const feed = async (on: boolean): Promise<void> => {
      const services = { PartsDetector: { MLFeedbackConnectorConfigId: on ? 'All' : '' } };
      const { status, error } = await device.deploy({
        rootComponentVersionsToAdd: { [UPLOADER]: '1.0.0' },
        componentToConfiguration: { [UPLOADER]: { MERGE: uploader }, [APP]: { MERGE: { Services: services } } },
      });
      if (status !== 'SUCCEEDED') throw new Error(`the settings were not deployed: ${error}`);
      for (let n = 0; n < WARM_UP; n++) await ask();
    };
    const times: Record<'on' | 'off', number[]> = { on: [], off: [] };
    while (times.off.length < images) {
      for (const side of ['on', 'off'] as const) {
        await feed(side === 'on');
        for (let n = 0; n < BLOCK; n++) times[side].push(await ask());
      }
    }
    const [on, off] = [figures(times.on), figures(times.off)];
    return { off, on, p50Ratio: ratio(on.p50Ms, off.p50Ms), p99Ratio: ratio(on.p99Ms, off.p99Ms) };
  } finally {
    await device.stop();
    await s3.close();
  }
}

function figures(times: readonly number[]): LatencyFigures {
  return { images: times.length, p50Ms: hundredths(quantile(times, 0.5)), p99Ms: hundredths(quantile(times, 0.99)) };
}

function ratio(a: number, b: number): number {
  return hundredths(a / b);
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
