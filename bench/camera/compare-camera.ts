import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Device } from '../../testing/device/device.ts';
import { projectPaths } from '../../tools/bundle/project.ts';
import type { Output } from '../../tools/cli/frame/output.ts';
import { table } from '../../tools/cli/frame/table.ts';
import { median } from '../vision/measurement.ts';
import { benchVideo, framesOf } from './bench-video.ts';
import type { BenchModel, CameraFigures, CameraRun } from './camera-run.ts';
import { measureOurs } from './measure-ours.ts';
import type { OurFigures } from './measure-ours.ts';
import { findPython, measurePython } from './python-peer.ts';

export interface CameraComparison {
  readonly rounds: number;
  readonly warmUp: number;
  readonly frames: number;
  /** Undefined: made of the sample images. */
  readonly video: string | undefined;
  /** Undefined: one of the project's own. */
  readonly python: string | undefined;
}

/** Each measurement, and the ratio to Python that it may reach. */
const CASES = [
  { title: 'detector, no pictures', service: 'PartsDetector', draws: false, goal: 1.15 },
  { title: 'detector, every frame drawn and written', service: 'PartsDetector', draws: true, goal: 1.1 },
  { title: 'small classifier, no pictures', service: 'PartsClassifier', draws: false, goal: 1.25 },
] as const;

interface Round {
  readonly ours: OurFigures;
  readonly python: CameraFigures | undefined;
}

/** The collection against OpenCV and ONNX Runtime in Python on one video, in turn, round by round. */
export async function compareCamera(comparison: CameraComparison, out: Output, signal: AbortSignal): Promise<void> {
  if (process.platform !== 'linux') return out.line('only Linux tells the CPU time of other processes');
  if (spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).error)
    return out.line('without ffmpeg there is nothing to measure: apt-get install ffmpeg');
  const peer = await findPython(comparison.python, signal);
  if ('why' in peer) out.line(`without the Python peer: ${peer.why}`);
  out.progress('making the video');
  const video = path.resolve(comparison.video ?? (await benchVideo(signal)));
  const { warmUp, frames } = fitting(comparison, await framesOf(video, signal));
  out.progress('building and deploying the collection');
  const device = await Device.start();
  try {
    const models = await modelsOf(device);
    const done = CASES.map((): Round[] => []);
    for (let round = 1; round <= comparison.rounds; round++) {
      for (const [index, { title, service, draws }] of CASES.entries()) {
        out.progress(`round ${round} of ${comparison.rounds}: ${title}`);
        const model = models.get(service);
        if (!model) throw new Error(`the agent does not serve ${service}`);
        const task: CameraRun = { video, warmUp, frames, model, folder: draws ? device.folder('peer') : undefined };
        const python = 'python' in peer ? await measurePython(peer.python, task, signal) : undefined;
        done[index]?.push({ python, ours: await measureOurs(device, task, signal) });
      }
    }
    out.json(CASES.map(({ title }, index) => ({ case: title, frames, rounds: done[index] })));
    if (!out.isJson) show(done, frames, comparison.rounds, out);
  } finally {
    await device.stop();
  }
}

/** The end is left out: what ends there does not cost what goes on. */
function fitting({ warmUp, frames }: CameraComparison, there: number): { warmUp: number; frames: number } {
  const tail = 25;
  return { warmUp, frames: Math.max(1, Math.min(frames, there - warmUp - tail)) };
}

/** The agent's choice on this machine. */
async function modelsOf(device: Device): Promise<ReadonlyMap<string, BenchModel>> {
  const served = await device.agent.models();
  const models = served.map(async ({ alias, variant }): Promise<[string, BenchModel]> => {
    const folder = path.join(projectPaths.models, alias);
    const { input } = JSON.parse(await readFile(path.join(folder, 'model.json'), 'utf8')) as {
      input: { width: number };
    };
    return [alias, { service: alias, size: input.width, file: path.join(folder, variant) }];
  });
  return new Map(await Promise.all(models));
}

function show(done: readonly (readonly Round[])[], frames: number, rounds: number, out: Output): void {
  out.line(`${frames} frames, medians of ${rounds} rounds, ${os.availableParallelism()} cores, ${os.cpus()[0]?.model}`);
  const rows = CASES.map(({ title, goal }, index) => {
    const of = (value: (round: Round) => number, digits = 1): string =>
      median((done[index] ?? []).map(value)).toFixed(digits);
    const ratios = (done[index] ?? []).map(({ ours, python }) => ours.cpuMsPerFrame / (python?.cpuMsPerFrame ?? NaN));
    const range = `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`;
    return [
      title,
      of(({ ours }) => ours.cpuMsPerFrame),
      of(({ python }) => python?.cpuMsPerFrame ?? NaN),
      range,
      `≤ ${goal}`,
      of(({ ours }) => ours.frames / ours.seconds, 0),
      of(({ python }) => (python ? python.frames / python.seconds : NaN), 0),
      of(({ ours }) => ours.memoryMb, 0),
    ].map((cell) => cell.replaceAll(/NaN \(NaN–NaN\)|NaN/g, '–'));
  });
  for (const line of table(['CPU MS PER FRAME', 'OURS', 'PYTHON', 'RATIO', 'GOAL', 'OURS/S', 'PYTHON/S', 'MB'], rows))
    out.line(line);
}
