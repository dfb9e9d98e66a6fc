import { execFile } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { skipReason } from '../../vision/shared-data.ts';
import { BENCH_MODELS } from './bench-packages.ts';
import type { BenchModel } from './bench-packages.ts';
import { median } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import { measurePeer, whyNoPeer } from './python-peer.ts';
import { measureSaturated } from './saturated.ts';

/**
 * `npm run bench:vision`: our pipeline and the agent against OpenCV and ONNX Runtime in Python, in turn, round by round, so that
 * a busy machine slows both alike. Only ratios of one run count. EDGEML_BENCH_ROUNDS and EDGEML_BENCH_COUNT change the length.
 */
const ROUNDS = Number(process.env['EDGEML_BENCH_ROUNDS'] ?? 3);
const COUNT = Number(process.env['EDGEML_BENCH_COUNT'] ?? 300);
const CORES = os.availableParallelism();

interface Sequential extends Measurement {
  readonly decodeAndRunMs: number;
  readonly resizeMs: number;
}

/** Goals as ratios to Python in the same run; memory must stay below its ratio. */
const GOALS = { sequential: 1.1, saturated: 1.15, memory: 1.5, efficiency: 0.9 } as const;

if (skipReason) {
  console.log(skipReason);
} else {
  const noPeer = await whyNoPeer();
  if (noPeer) console.log(`without the Python peer: ${noPeer}`);
  for (const name of BENCH_MODELS) await benchModel(name, noPeer === undefined);
}

async function benchModel(name: BenchModel, hasPeer: boolean): Promise<void> {
  const ours: { sequential: Sequential[]; default: Sequential[]; saturated: Measurement[] } = {
    sequential: [],
    default: [],
    saturated: [],
  };
  const peer: { sequential: Measurement[]; threads: Measurement[] } = { sequential: [], threads: [] };
  for (let round = 0; round < ROUNDS; round++) {
    process.stderr.write(`${name}: round ${round + 1} of ${ROUNDS}\n`);
    if (hasPeer) peer.sequential.push(await measurePeer(name, 'seq', COUNT, 1));
    ours.sequential.push(await measureSequential(name, 1));
    ours.default.push(await measureSequential(name, CORES));
    if (hasPeer) peer.threads.push(await measurePeer(name, 'threads', COUNT, CORES));
    ours.saturated.push(await measureSaturated(name, COUNT));
  }
  console.log(`\n${name}, ${COUNT} photos, median of ${ROUNDS} rounds, ${CORES} cores`);
  show('Python, one at a time, 1 thread', peer.sequential);
  show('ours, one at a time, 1 thread', ours.sequential);
  show(`ours, one at a time, ${CORES} threads`, ours.default);
  show(`Python, ${CORES} threads`, peer.threads);
  show(`agent's socket, ${CORES} clients`, ours.saturated);
  // What one image needs at least, on one core; resizing and everything around it is overhead.
  const limit = (CORES / median(ours.sequential.map((one) => one.decodeAndRunMs))) * 1000;
  const { decodeAndRunMs, resizeMs } = ours.sequential.at(-1) as Sequential;
  console.log(
    `  decode + run ${decodeAndRunMs.toFixed(2)} ms, resize ${resizeMs.toFixed(2)} ms; limit ${limit.toFixed(1)} images/s`,
  );
  goal('efficiency against the limit', rate(ours.saturated) / limit, GOALS.efficiency);
  if (!hasPeer) return;
  goal('one at a time, 1 thread, against Python', ratio(ours.sequential, peer.sequential), GOALS.sequential);
  goal(`one at a time, ${CORES} threads, against Python's 1`, ratio(ours.default, peer.sequential), GOALS.sequential);
  goal('saturated, against Python', ratio(ours.saturated, peer.threads), GOALS.saturated);
  const memory = median(ours.saturated.map((one) => one.peakRssMb)) / median(peer.threads.map((one) => one.peakRssMb));
  goal('peak memory of the agent, against Python', memory, GOALS.memory, 'below');
}

async function measureSequential(name: BenchModel, threads: number): Promise<Sequential> {
  const script = path.join(import.meta.dirname, 'sequential.ts');
  const args = ['--import', 'tsx', script, name, String(COUNT), String(threads)];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: path.join(import.meta.dirname, '../../..'),
  });
  return JSON.parse(stdout) as Sequential;
}

/** Of pairs that ran right after each other. */
function ratio(ours: readonly Measurement[], peer: readonly Measurement[]): number {
  return median(ours.map((one, round) => one.imagesPerSecond / (peer[round]?.imagesPerSecond ?? NaN)));
}

function rate(measurements: readonly Measurement[]): number {
  return median(measurements.map((one) => one.imagesPerSecond));
}

function show(title: string, measurements: readonly Measurement[]): void {
  if (measurements.length === 0) return;
  const of = (key: keyof Measurement): string =>
    median(measurements.map((one) => one[key]))
      .toFixed(1)
      .padStart(7);
  console.log(
    `  ${title.padEnd(36)} ${of('imagesPerSecond')} images/s  p50 ${of('p50Ms')} ms  p99 ${of('p99Ms')} ms  peak ${of('peakRssMb')} MB`,
  );
}

function goal(title: string, value: number, wanted: number, side: 'above' | 'below' = 'above'): void {
  const reached = side === 'above' ? value >= wanted : value <= wanted;
  console.log(
    `  ${reached ? 'reached' : 'missed '} ${title}: ${value.toFixed(2)} (goal ${side === 'above' ? 'at least' : 'at most'} ${wanted})`,
  );
}
