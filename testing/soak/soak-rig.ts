import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '#packages/foundation';
import { canMount } from '../agent/small-disk.ts';
import { AppLog } from '../app/app-statistics.ts';
import { ffmpeg } from '../app/ffmpeg.ts';
import { AGENT, APP } from '../device/collection.ts';
import { Device } from '../device/device.ts';
import { SAMPLES } from '../device/samples.ts';
import { startMosquitto } from '../local-core/mosquitto.ts';
import type { TestBroker } from '../local-core/mosquitto.ts';
import { startFaultProxy } from '../object-store/fault-proxy.ts';
import type { FaultProxy } from '../object-store/fault-proxy.ts';
import { startS3Server, TEST_KEYS } from '../object-store/s3-server.ts';
import { staticCredentials } from '../../tools/local-core/credentials/provider.ts';
import { LiveHeaps } from './live-heaps.ts';
import { SimulatedCamera } from './simulated-camera.ts';

export const UPLOADER = 'edgeml.FeedbackUploader';
export const CAMERAS = ['north', 'east', 'south', 'west'] as const;
const BUCKET = 'feedback-soak';
const SPOOL_DISK_MB = 24;
/** As URLs that hold the modules themselves: processes of models may not read the project's files. */
const PRELOADED = ['shifted-clock.mjs', 'live-heap.mjs'].map(
  (name) => `data:text/javascript;base64,${readFileSync(path.join(import.meta.dirname, name)).toString('base64')}`,
);

/** A whole device on this machine, with all that it talks to, each of which can be broken. */
export interface SoakRig {
  readonly device: Device;
  readonly log: AppLog;
  readonly cameras: ReadonlyMap<string, SimulatedCamera>;
  readonly store: FaultProxy;
  readonly broker: { stop(): Promise<void>; start(): Promise<void> };
  /** File in the uploader's own small file system that fills it; undefined if nothing can be mounted. */
  readonly ballast: string | undefined;
  /** Tells the JavaScript heaps of all components. */
  readonly heaps: LiveHeaps;
  /** Shifts the clock of all components, against that of this machine. */
  shiftClock(seconds: number): void;
  close(): Promise<void>;
}

/** Builds, deploys and starts everything; stops what was started if it fails. */
export async function startSoakRig(): Promise<SoakRig> {
  const ends: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const s3 = await startS3Server(BUCKET);
    ends.push(() => s3.close());
    const store = await startFaultProxy(s3.url);
    ends.push(() => store.close());
    let mosquitto: TestBroker = await startMosquitto();
    const { url, port } = mosquitto;
    ends.push(() => mosquitto.close());
    const clockFile = path.join(tmpdir(), `edgeml-soak-clock-${process.pid}`);
    const shiftClock = (seconds: number): void => writeFileSync(clockFile, String(seconds));
    shiftClock(0);
    ends.push(() => rmSync(clockFile, { force: true }));
    const heaps = new LiveHeaps();
    ends.push(() => heaps.close());
    const device = await Device.start({
      mqtt: { url },
      tokenExchange: { provider: staticCredentials(systemClock, TEST_KEYS) },
      environment: {
        NODE_OPTIONS: ['--max-semi-space-size=1', ...PRELOADED.map((url) => `--import ${url}`)].join(' '),
        EDGEML_SOAK_CLOCK: clockFile,
        EDGEML_SOAK_HEAPS: heaps.folder,
      },
    });
    ends.push(() => device.stop());
    const ballast = mountSpool(device, ends);
    const videos = await Promise.all(['640x480', '480x360'].map((size) => beltIn(device.folder(''), size)));
    const cameras = new Map<string, SimulatedCamera>();
    for (const name of CAMERAS) {
      const camera = await SimulatedCamera.start(videos);
      cameras.set(name, camera);
      ends.push(() => camera.stop());
    }
    const log = new AppLog(device.core);
    const deployed = await device.deploy({
      rootComponentVersionsToAdd: { [UPLOADER]: '1.0.0' },
      componentToConfiguration: {
        [UPLOADER]: { MERGE: uploaderSettings(store.url) },
        [APP]: { MERGE: appSettings(cameras) },
        [AGENT]: { MERGE: { LocalInferenceServiceTimeoutSeconds: 10 } },
      },
    });
    if (deployed.status !== 'SUCCEEDED') throw new Error(`the settings were not deployed: ${deployed.error}`);
    const broker = {
      stop: () => mosquitto.close(),
      start: async () => void (mosquitto = await startMosquitto(port)),
    };
    return { device, log, cameras, store, broker, ballast, heaps, shiftClock, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Gives the uploader's folder a file system of its own, and starts the uploader again, which was in the one below. */
function mountSpool(device: Device, ends: (() => unknown)[]): string | undefined {
  if (!canMount()) return undefined;
  const folder = path.join(device.root, 'work', UPLOADER);
  const before = `${folder}.before`;
  cpSync(folder, before, { recursive: true, verbatimSymlinks: true, filter: (file) => !lstatSync(file).isSocket() });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SPOOL_DISK_MB}m`, 'edgeml-soak', folder], { stdio: 'ignore' });
  cpSync(before, folder, { recursive: true, verbatimSymlinks: true });
  for (const pid of device.pids(UPLOADER)) process.kill(pid, 'SIGKILL');
  // Unmounted before the device's folder is removed, and after its processes have ended.
  const at = ends.length - 1;
  ends[at] = async () => {
    await device.core.stop();
    execFileSync('umount', ['-l', folder], { stdio: 'ignore' });
    await device.stop();
  };
  return path.join(folder, 'ballast');
}

async function beltIn(folder: string, size: string): Promise<string> {
  const video = path.join(folder, `belt-${size}.ts`);
  const pictures = ['-framerate', '10', '-pattern_type', 'glob', '-i', path.join(SAMPLES, 'belt-*.jpg')];
  const coding = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '10', '-bf', '0', '-pix_fmt', 'yuv420p'];
  const scale = ['-vf', `scale=${size.replace('x', ':')}`];
  await ffmpeg('-stream_loop', '4', ...pictures, ...scale, ...coding, '-f', 'mpegts', video);
  return video;
}

/** ffmpeg would look at five seconds of a stream before it begins. */
const QUICK = ['-analyzeduration', '500000', '-probesize', '200000'];

function appSettings(cameras: ReadonlyMap<string, SimulatedCamera>): object {
  const sources = [...cameras].map(([name, { url }], at) => {
    const clips = at === 0 ? { Clips: { Enabled: true, Detections: ['*'], MaxSeconds: 10 } } : {};
    const own = {
      Type: 'stream',
      Url: url,
      Format: 'mpegts',
      NoFrameSeconds: 8,
      FramesPerSecond: 5,
      InputOptions: QUICK,
    };
    return [name, { ...own, Services: ['PartsDetector'], ...clips }] as const;
  });
  return {
    Sources: Object.fromEntries(sources),
    Services: { PartsDetector: { MLFeedbackConnectorConfigId: 'Belt' } },
    ClipStore: { MaxMB: 20, MaxClips: 20 },
    Annotate: { MaxMB: 20 },
    StatisticsIntervalSeconds: 1,
  };
}

function uploaderSettings(url: string): object {
  const strategy = { 'strategy-name': 'RANDOM_SAMPLING', rate: 0.02 };
  const map = { Belt: { 's3-bucket-name': BUCKET, 'content-type': 'image/jpeg', 'sampling-strategy': strategy } };
  return {
    FeedbackConfigurationMap: map,
    S3Endpoint: url,
    S3ForcePathStyle: true,
    SpoolMaxMB: 12,
    MinFreeDiskMB: 2,
    RetryCapSeconds: 2,
    UploadTimeoutSeconds: 5,
  };
}
