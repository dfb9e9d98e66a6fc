import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Counts } from '../../components/inference-app/statistics/statistics.ts';
import { AppLog, skippedIn } from '../app/app-statistics.ts';
import { ffmpeg } from '../app/ffmpeg.ts';
import { AGENT, APP } from '../device/collection.ts';
import { Device } from '../device/device.ts';
import { SAMPLES } from '../device/samples.ts';
import { childrenOf, nameOf, pidsBelow, pidsNamed } from '../process/process-facts.ts';
import { Random } from '../vision/fuzz/random.ts';
import { countFigures, ResourceCurve, ringBytes, ringFoldersOf } from './resource-curves.ts';
import type { CountFigures, CurveFigures } from './resource-curves.ts';
import type { SoakOptions } from './run-soak.ts';
import { SimulatedCamera } from './simulated-camera.ts';

export interface CameraSoakOptions extends SoakOptions {
  /** The same number leads to the same faults in the same order. */
  readonly seed: number;
}

export interface CameraSoakReport {
  readonly seconds: number;
  readonly seed: number;
  /** How often each fault was caused, by kind. */
  readonly faults: Readonly<Record<string, number>>;
  /** Of the application that lived last. */
  readonly counts: Counts;
  readonly results: number;
  /** Sources that gave frames again after the last fault. */
  readonly alive: readonly string[];
  readonly app: CurveFigures;
  readonly agent: CurveFigures;
  /** Of shared memory, those of agents that were killed included as long as they are there. */
  readonly ringMB: CountFigures;
  /** Processes, and folders in shared memory, that were still there when the device had stopped. */
  readonly leftBehind: { readonly processes: number; readonly ringFolders: number };
}

const CAMERAS = ['north', 'east', 'south', 'west'];
const SAMPLE_MS = 2_000;
const FAULT_MS = 8_000;
/** Nothing is broken at the end, so that all can come back: a source waits up to 30 s before it tries again. */
const CALM_MS = 45_000;
/** A component is BROKEN with its third error within an hour. */
const KILLS_PER_HOUR = 2;

/** Four cameras that stall, hang up and change their size, and every process killed, at random moments. */
export async function runCameraSoak({
  seconds,
  seed,
  signal,
  onProgress,
}: CameraSoakOptions): Promise<CameraSoakReport> {
  onProgress('building and deploying');
  const random = new Random(seed);
  const device = await Device.start();
  const cameras = new Map<string, SimulatedCamera>();
  let report: Omit<CameraSoakReport, 'leftBehind'> | undefined;
  const { root } = device;
  const folders = new Set<string>();
  try {
    const videos = await Promise.all(['640x480', '480x360'].map((size) => beltIn(device.folder(''), size)));
    for (const name of CAMERAS) cameras.set(name, await SimulatedCamera.start(videos));
    const log = new AppLog(device.core);
    const deployed = await device.deploy({ componentToConfiguration: { [APP]: { MERGE: settingsFor(cameras) } } });
    if (deployed.status !== 'SUCCEEDED') throw new Error(`the settings were not deployed: ${deployed.error}`);

    const app = (): number | undefined => device.pids(APP).find((pid) => !['sh', 'ffmpeg'].includes(nameOf(pid)));
    const agent = (): number | undefined => device.pids(AGENT)[0];
    const faults: Record<string, () => void> = {
      'application killed': () => kill(app()),
      'agent killed': () => kill(agent()),
      "model's process killed": () => kill(childrenOf(agent() ?? -1).at(-1)),
      'ffmpeg killed': () => kill(pick(random, pidsNamed('ffmpeg', app() ?? -1))),
      'ffmpeg stopped': () => kill(pick(random, pidsNamed('ffmpeg', app() ?? -1)), 'SIGSTOP'),
      'camera stalled': () => cameras.get(pick(random, CAMERAS)!)!.stall(),
      'camera hung up': () => cameras.get(pick(random, CAMERAS)!)!.drop(),
      'size changed': () => cameras.get(pick(random, CAMERAS)!)!.changeSize(),
    };
    const done: Record<string, number> = {};
    const [appCurve, agentCurve] = [new ResourceCurve(), new ResourceCurve()];
    const ringMB: number[] = [];
    const startedAt = performance.now();
    const elapsed = (): number => (performance.now() - startedAt) / 1_000;
    const look = (): void => {
      appCurve.look(elapsed(), app());
      agentCurve.look(elapsed(), agent());
      for (const folder of ringFoldersOf(agent() ?? -1)) folders.add(folder);
      ringMB.push(Math.round(ringBytes(folders) / 1e5) / 10);
      onProgress(
        `${Math.round(elapsed())} of ${seconds} s: ${log.counts?.answered ?? 0} answered; ${JSON.stringify(done)}`,
      );
    };
    const spoil = (): void => {
      if (elapsed() * 1_000 > seconds * 1_000 - CALM_MS) return;
      const allowed = Object.keys(faults).filter(
        (name) =>
          !/^(application|agent) /.test(name) || (done[name] ?? 0) < KILLS_PER_HOUR * Math.ceil(elapsed() / 3_600),
      );
      const name = pick(random, allowed)!;
      done[name] = (done[name] ?? 0) + 1;
      faults[name]!();
    };
    const timers = [setInterval(look, SAMPLE_MS), setInterval(spoil, FAULT_MS)];
    try {
      await log.until(() => elapsed() >= seconds, signal);
      look();
    } finally {
      timers.forEach(clearInterval);
    }
    const alive = CAMERAS.filter((name) => sourceIn(log.counts, name)?.isUp);
    await device.core.stop();
    const counts = log.counts!;
    report = {
      seconds: Math.round(elapsed()),
      seed,
      faults: done,
      counts,
      results: device.results.all.filter(({ body }) => CAMERAS.includes(String(body['source']))).length,
      alive,
      app: appCurve.figures,
      agent: agentCurve.figures,
      ringMB: countFigures(ringMB),
    };
  } finally {
    await device.stop();
    for (const camera of cameras.values()) await camera.stop();
  }
  const ringFolders = [...folders].filter((folder) => existsSync(folder)).length;
  return { ...report, leftBehind: { processes: pidsBelow(root).length, ringFolders } };
}

/** The reasons why the report is not what it should be; none if it is. */
export function faultsOfCameras({ counts, alive, app, agent, leftBehind }: CameraSoakReport): readonly string[] {
  const [gone] = [CAMERAS.filter((name) => !alive.includes(name))];
  const counted = counts.answered + skippedIn(counts);
  const grown = [app, agent].map(({ descriptors }) => descriptors.max - descriptors.first);
  return [
    ...(gone.length === 0 ? [] : [`${gone.join(', ')} did not come back`]),
    ...(counted === counts.frames ? [] : [`${counted} frames were processed or skipped, of ${counts.frames}`]),
    ...(counts.answered > 0 ? [] : ['nothing was answered']),
    ...(Math.max(...grown) <= MOST_DESCRIPTORS ? [] : [`${Math.max(...grown)} more descriptors than at the start`]),
    ...(leftBehind.processes === 0 ? [] : [`${leftBehind.processes} processes were left behind`]),
    ...(leftBehind.ringFolders === 0 ? [] : [`${leftBehind.ringFolders} folders in shared memory were left behind`]),
  ];
}

/** Four sources have some pipes each, and a few connections to the agent. */
const MOST_DESCRIPTORS = 60;

async function beltIn(folder: string, size: string): Promise<string> {
  const video = path.join(folder, `belt-${size}.ts`);
  const pictures = ['-framerate', '10', '-pattern_type', 'glob', '-i', path.join(SAMPLES, 'belt-*.jpg')];
  const coding = ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '10', '-bf', '0', '-pix_fmt', 'yuv420p'];
  await ffmpeg(
    '-stream_loop',
    '4',
    ...pictures,
    '-vf',
    `scale=${size.replace('x', ':')}`,
    ...coding,
    '-f',
    'mpegts',
    video,
  );
  return video;
}

/** ffmpeg would look at five seconds of a stream before it begins. */
const QUICK = ['-analyzeduration', '500000', '-probesize', '200000'];

function settingsFor(cameras: ReadonlyMap<string, SimulatedCamera>): object {
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
    ClipStore: { MaxMB: 20, MaxClips: 20 },
    Annotate: { MaxMB: 20 },
    StatisticsIntervalSeconds: 1,
  };
}

function sourceIn(counts: Counts | undefined, name: string): { readonly isUp: boolean } | undefined {
  return (counts as { readonly sources?: Record<string, { readonly isUp: boolean }> } | undefined)?.sources?.[name];
}

function pick<T>(random: Random, from: readonly T[]): T | undefined {
  return from[random.below(Math.max(1, from.length))];
}

/** A process that is gone does not need a signal. */
function kill(pid: number | undefined, signal: NodeJS.Signals = 'SIGKILL'): void {
  try {
    if (pid !== undefined && pid > 0) process.kill(pid, signal);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ESRCH') throw thrown;
  }
}
