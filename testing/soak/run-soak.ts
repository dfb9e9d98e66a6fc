import { systemClock } from '#packages/foundation';

import { startS3Server, TEST_KEYS } from '../object-store/s3-server.ts';
import type { Counts } from '../../components/inference-app/statistics/statistics.ts';
import { staticCredentials } from '../../tools/local-core/credentials/provider.ts';
import { AGENT, APP } from '../device/collection.ts';
import { Device } from '../device/device.ts';
import { nameOf, memoryOfFamily } from '../process/process-facts.ts';
import { AppLog, skippedIn } from '../app/app-statistics.ts';
import { beltVideo, FRAMES_PER_SECOND } from '../app/looping-video.ts';
import type { MemoryFigures, MemorySample } from './memory.ts';
import { memoryFigures } from './memory.ts';

export interface SoakOptions {
  /** Rounded up to whole rounds of the video, 5 s each. */
  readonly seconds: number;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string) => void;
}

export interface SoakReport {
  readonly seconds: number;
  /** Frames that the video has, all rounds together: what ffmpeg was told to play. */
  readonly framesPlayed: number;
  readonly counts: Counts;
  /** `counts.answered` and all of `counts.skipped`. */
  readonly processedAndSkipped: number;
  /** Results seen on the local topic. */
  readonly results: number;
  /** Processes that ended or changed while it ran; streams that were opened again. */
  readonly restarts: number;
  readonly memory: Readonly<Record<'app' | 'agent' | 'uploader', MemoryFigures>>;
}

const UPLOADER = 'edgeml.FeedbackUploader';
const ROUND_FRAMES = 50;
const SAMPLE_MS = 2_000;
const BUCKET = 'feedback-soak';

/**
 * Plays a looping video at 10 frames per second into the real application, agent and uploader on a local core; every tenth image is feedback.
 */
export async function runSoak({ seconds, signal, onProgress }: SoakOptions): Promise<SoakReport> {
  onProgress('building and deploying');
  const rounds = Math.ceil((seconds * FRAMES_PER_SECOND) / ROUND_FRAMES);
  const framesPlayed = rounds * ROUND_FRAMES;
  const s3 = await startS3Server(BUCKET);
  const device = await Device.start({ tokenExchange: { provider: staticCredentials(systemClock, TEST_KEYS) } });
  try {
    const log = new AppLog(device.core);
    const video = await beltVideo(device.folder(''), ROUND_FRAMES);
    const deployed = await device.deploy({
      // Only the configuration of root components can be set.
      rootComponentVersionsToAdd: { [UPLOADER]: '1.0.0' },
      componentToConfiguration: {
        [UPLOADER]: { MERGE: uploaderSettings(s3.url) },
        [APP]: { MERGE: appSettings(video, rounds) },
      },
    });
    if (deployed.status !== 'SUCCEEDED') throw new Error(`the settings were not deployed: ${deployed.error}`);

    const pids = pidsOf(device);
    const memory = { app: [], agent: [], uploader: [] } as Record<keyof typeof pids, MemorySample[]>;
    let restarts = 0;
    const startedAt = performance.now();
    const look = (): void => {
      const elapsed = (performance.now() - startedAt) / 1_000;
      for (const name of ['app', 'agent', 'uploader'] as const) {
        memory[name].push({ seconds: elapsed, bytes: memoryOfFamily(pids[name]) });
      }
      const { frames = 0, answered = 0 } = log.counts ?? {};
      onProgress(`${Math.round(elapsed)} s: ${frames} of ${framesPlayed} frames, ${answered} answered`);
    };
    const unlisten = device.core.onState(({ to }) => void (to === 'ERRORED' && restarts++));
    const timer = setInterval(look, SAMPLE_MS);
    try {
      await log.until(() => (log.counts?.frames ?? 0) >= framesPlayed, signal);
      look();
    } finally {
      clearInterval(timer);
      unlisten();
    }
    const took = (performance.now() - startedAt) / 1_000;
    for (const [name, pid] of Object.entries(pidsOf(device))) if (pids[name as keyof typeof pids] !== pid) restarts++;
    // Frames that still wait are answered, or counted, when the application ends.
    await device.core.stop();
    const counts = log.counts!;
    const results = device.results.all.filter(({ body }) => body['source'] === 'belt').length;
    return {
      seconds: Math.round(took),
      framesPlayed,
      counts,
      processedAndSkipped: counts.answered + skippedIn(counts),
      results,
      restarts: restarts + counts.streamRestarts,
      memory: {
        app: memoryFigures(memory.app),
        agent: memoryFigures(memory.agent),
        uploader: memoryFigures(memory.uploader),
      },
    };
  } finally {
    await device.stop();
    await s3.close();
  }
}

/** Whether the report is what it should be; the reasons if it is not. */
export function faultsOf({ framesPlayed, counts, processedAndSkipped, restarts }: SoakReport): readonly string[] {
  return [
    ...(counts.frames === framesPlayed ? [] : [`${counts.frames} frames were counted, ${framesPlayed} were played`]),
    ...(processedAndSkipped === counts.frames
      ? []
      : [`${processedAndSkipped} frames were processed or skipped, of ${counts.frames}`]),
    ...(restarts === 0 ? [] : [`${restarts} restarts`]),
  ];
}

function pidsOf(device: Device): Readonly<Record<'app' | 'agent' | 'uploader', number>> {
  // ffmpeg and its guard work in the same folder.
  const [app = -1] = device.pids(APP).filter((pid) => !['sh', 'ffmpeg'].includes(nameOf(pid)));
  return { app, agent: device.pid(AGENT), uploader: device.pid(UPLOADER) };
}

function uploaderSettings(s3Url: string): object {
  const strategy = { 'strategy-name': 'RANDOM_SAMPLING', rate: 0.1 };
  const map = { Belt: { 's3-bucket-name': BUCKET, 'content-type': 'image/jpeg', 'sampling-strategy': strategy } };
  return { FeedbackConfigurationMap: map, S3Endpoint: s3Url, S3ForcePathStyle: true };
}

function appSettings(video: string, rounds: number): object {
  const belt = {
    Type: 'stream',
    Url: video,
    InputOptions: ['-stream_loop', String(rounds - 1)],
    Services: ['PartsDetector'],
  };
  return {
    Sources: { belt },
    Services: { PartsDetector: { MLFeedbackConnectorConfigId: 'Belt' } },
    Annotate: { MaxMB: 20 },
    StatisticsIntervalSeconds: 1,
  };
}
