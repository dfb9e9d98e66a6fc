import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { VISION_DATA } from '../../testing/outside-data/vision-data.ts';
import type { BenchModel } from './bench-models.ts';
import type { Measurement } from './measurement.ts';

const run = promisify(execFile);
const PEER = path.join(VISION_DATA, '../bench/python_peer.py');

/** Runs the peer and prints behind its line what the process has used of all cores, in seconds. */
const MEASURED = `
import resource, runpy, sys
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name='__main__')
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime)
`;

/** Undefined if the peer can run, else why not. */
export async function whyNoPeer(python: string): Promise<string | undefined> {
  if (!existsSync(PEER)) return `${PEER} is not on this machine`;
  try {
    await run(python, ['-c', 'import cv2, numpy, onnxruntime']);
    return undefined;
  } catch {
    return `${python} lacks onnxruntime, opencv-python-headless or numpy; --python or EDGEML_PYTHON names another interpreter`;
  }
}

/** OpenCV and ONNX Runtime in Python: one image at a time (`seq`) or with so many threads, each operator on one thread. */
export class PythonPeer {
  readonly #python: string;
  readonly #name: BenchModel;
  readonly #signal: AbortSignal;
  #startUpCpuMs: number | undefined;

  constructor(python: string, name: BenchModel, signal: AbortSignal) {
    this.#python = python;
    this.#name = name;
    this.#signal = signal;
  }

  async measure(mode: 'seq' | 'threads', count: number, workers: number): Promise<Measurement> {
    // Imports, loading and the warm-up rounds are none of the images' time.
    this.#startUpCpuMs ??= (await this.#run('seq', 1, 1)).usedMs;
    const { answer, usedMs } = await this.#run(mode, count + 1, workers);
    return {
      imagesPerSecond: answer.images_per_s,
      p50Ms: answer.p50_ms,
      p99Ms: answer.p99_ms,
      memoryMb: answer.peak_rss_mb,
      cpuMs: (usedMs - this.#startUpCpuMs) / count,
    };
  }

  async #run(mode: 'seq' | 'threads', count: number, workers: number): Promise<Run> {
    const model = path.join(VISION_DATA, 'models', `${this.#name}.onnx`);
    const files = ['--model', model, '--images', path.join(VISION_DATA, 'images')];
    const how = ['--mode', mode, '--count', String(count), '--workers', String(workers), '--intra-op', '1'];
    const { stdout } = await run(this.#python, ['-c', MEASURED, PEER, ...files, ...how], { signal: this.#signal });
    const [answer = '', seconds = ''] = stdout.trim().split('\n');
    return { answer: JSON.parse(answer) as Answer, usedMs: Number(seconds) * 1_000 };
  }
}

type Answer = Readonly<Record<'images_per_s' | 'p50_ms' | 'p99_ms' | 'peak_rss_mb', number>>;

interface Run {
  readonly answer: Answer;
  readonly usedMs: number;
}
