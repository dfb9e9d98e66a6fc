import os from 'node:os';

import { visionData } from '../../testing/outside-data/vision-data.ts';
import type { Output } from '../../tools/cli/frame/output.ts';
import type { BenchModel } from './bench-models.ts';
import { measureSequential } from './measure-sequential.ts';
import type { Sequential } from './measure-sequential.ts';
import { median } from './measurement.ts';
import type { Measurement } from './measurement.ts';
import { PythonPeer, whyNoPeer } from './python-peer.ts';
import { Report } from './report.ts';
import { measureSaturated } from './saturated.ts';
import type { Saturated } from './saturated.ts';

export interface VisionComparison {
  readonly models: readonly BenchModel[];
  readonly rounds: number;
  /** Photos per measurement. */
  readonly count: number;
  /** Interpreter with onnxruntime, opencv-python-headless and numpy. */
  readonly python: string;
}

const CORES = os.availableParallelism();
/** Ratios to Python in the same round; memory must stay below its ratio. */
const GOALS = { sequential: 1.1, saturated: 0.95, memory: 1.5, efficiency: 0.9 } as const;
const ONE_WORKER_PER_CORE = { Workers: CORES, IntraOpThreads: 1 };

interface Round {
  readonly alone: Sequential;
  /** As the agent runs it by default: all cores work on one image. */
  readonly aloneAllCores: Sequential;
  readonly agent: Saturated;
  readonly agentWorkers: Saturated;
  readonly agentSent: Saturated;
  readonly python: Measurement | undefined;
  readonly pythonThreads: Measurement | undefined;
}

/**
 * Our pipeline and the agent against OpenCV and ONNX Runtime in Python, in turn, round by round. Without the photos and models that
 * it needs, or without the peer, it says so.
 */
export async function compareVision(
  { models, rounds, count, python }: VisionComparison,
  out: Output,
  signal: AbortSignal,
): Promise<void> {
  const noData = visionData.whyNot();
  if (noData) {
    return out.line(`without ${visionData.what} there is nothing to measure: ${noData}; ${visionData.how}`);
  }
  const noPeer = await whyNoPeer(python);
  if (noPeer) out.line(`without the Python peer: ${noPeer}`);
  for (const model of models) {
    const peer = noPeer === undefined ? new PythonPeer(python, model, signal) : undefined;
    const done: Round[] = [];
    for (let round = 1; round <= rounds; round++) {
      out.progress(`${model}: round ${round} of ${rounds}`);
      done.push(await measureRound(model, count, peer, signal));
    }
    out.json({ model, count, rounds: done });
    show(model, count, done, out);
  }
}

async function measureRound(
  name: BenchModel,
  count: number,
  peer: PythonPeer | undefined,
  signal: AbortSignal,
): Promise<Round> {
  const python = await peer?.measure('seq', count, 1);
  const alone = await measureSequential(name, count, 1, signal);
  const aloneAllCores = await measureSequential(name, count, CORES, signal);
  const agent = await measureSaturated(name, count, 'named', signal);
  const pythonThreads = await peer?.measure('threads', count, CORES);
  const agentWorkers = await measureSaturated(name, count, 'named', signal, ONE_WORKER_PER_CORE);
  const agentSent = await measureSaturated(name, count, 'sent', signal);
  return { alone, aloneAllCores, agent, agentWorkers, agentSent, python, pythonThreads };
}

function show(name: BenchModel, count: number, rounds: readonly Round[], out: Output): void {
  const report = new Report((line) => out.line(line));
  const of = <Key extends keyof Round>(key: Key): NonNullable<Round[Key]>[] => rounds.flatMap((one) => one[key] ?? []);
  report.line(`\n${name}: ${count} photos, medians of ${rounds.length} rounds, ${CORES} cores, ${os.cpus()[0]?.model}`);
  report.row('Python, one at a time, 1 thread', of('python'));
  report.row('ours, one at a time, 1 thread', of('alone'));
  report.row(`ours, one at a time, ${CORES} threads (default)`, of('aloneAllCores'));
  report.row(`Python, ${CORES} threads`, of('pythonThreads'));
  report.row(`agent (default), ${CORES} clients`, of('agent'));
  report.row(`agent (a worker per core), ${CORES} clients`, of('agentWorkers'));
  report.row(`agent, images sent by HTTP, ${CORES} clients`, of('agentSent'));
  showWhereTimeGoes(report, rounds);

  const ratios = (ratio: (round: Round) => number): number[] => rounds.map(ratio);
  const against =
    (key: keyof Measurement, ours: keyof Round, theirs: keyof Round) =>
    (round: Round): number =>
      (round[ours]?.[key] ?? NaN) / (round[theirs]?.[key] ?? NaN);
  const rate = 'imagesPerSecond';
  report.goal(
    'efficiency: images/s against cores / (decode + run)',
    ratios(({ agent, alone }) => agent.imagesPerSecond / ((CORES / (alone.decodeMs + alone.runMs)) * 1_000)),
    GOALS.efficiency,
  );
  report.fact(
    'the same in CPU time: (decode + run) / all of an image',
    ratios(({ agent, alone }) => necessaryCpuMs(alone) / agent.cpuMs),
  );
  if (of('python').length === 0) return;
  report.goal('one at a time (default)', ratios(against(rate, 'aloneAllCores', 'python')), GOALS.sequential);
  report.fact('one at a time, both 1 thread', ratios(against(rate, 'alone', 'python')));
  report.goal('saturated (default)', ratios(against(rate, 'agent', 'pythonThreads')), GOALS.saturated);
  report.fact('saturated, images sent by HTTP (default)', ratios(against(rate, 'agentSent', 'pythonThreads')));
  report.fact('saturated (a worker per core)', ratios(against(rate, 'agentWorkers', 'pythonThreads')));
  report.fact("CPU of Python's image against ours", ratios(against('cpuMs', 'pythonThreads', 'agent')));
  report.goal(
    'memory of the agent and its model (default)',
    ratios(against('memoryMb', 'agent', 'pythonThreads')),
    GOALS.memory,
    'at most',
  );
}

function showWhereTimeGoes(report: Report, rounds: readonly Round[]): void {
  const ms = (value: (round: Round) => number): string => median(rounds.map(value)).toFixed(2);
  report.line(
    `  CPU per image in ms: decode ${ms(({ alone }) => alone.decodeMs)}, resize ${ms(({ alone }) => alone.resizeMs)}, run ${ms(({ alone }) => alone.runMs)} on one thread; ` +
      `with the agent and its clients ${ms(({ agent }) => agent.cpuMs)}, of that the clients ${ms(({ agent }) => agent.clientCpuMs)}`,
  );
}

/** Decoding and running as CPU time: their part of the wall time of a single thread, of that thread's CPU time. */
function necessaryCpuMs({ decodeMs, resizeMs, runMs, cpuMs }: Sequential): number {
  return (cpuMs * (decodeMs + runMs)) / (decodeMs + resizeMs + runMs);
}
