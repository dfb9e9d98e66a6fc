import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { VISION_DATA } from '../../vision/shared-data.ts';
import type { BenchModel } from './bench-packages.ts';
import type { Measurement } from './measurement.ts';

const run = promisify(execFile);
const PEER = path.join(VISION_DATA, '../bench/python_peer.py');
const PYTHON = process.env['EDGEML_PYTHON'] ?? 'python3';

/** Undefined where the peer can run, else why not. EDGEML_PYTHON names another interpreter than python3. */
export async function whyNoPeer(): Promise<string | undefined> {
  if (!existsSync(PEER)) return `${PEER} is not on this machine`;
  try {
    await run(PYTHON, ['-c', 'import cv2, numpy, onnxruntime']);
    return undefined;
  } catch {
    return `${PYTHON} lacks onnxruntime, opencv-python-headless or numpy (EDGEML_PYTHON names another interpreter)`;
  }
}

export async function measurePeer(
  name: BenchModel,
  mode: 'seq' | 'threads',
  count: number,
  workers: number,
): Promise<Measurement> {
  const model = path.join(VISION_DATA, 'models', `${name}.onnx`);
  const args = ['--model', model, '--images', path.join(VISION_DATA, 'images'), '--mode', mode];
  const { stdout } = await run(PYTHON, [
    PEER,
    ...args,
    '--count',
    String(count),
    '--workers',
    String(workers),
    '--intra-op',
    '1',
  ]);
  const answer = JSON.parse(stdout) as Record<'images_per_s' | 'p50_ms' | 'p99_ms' | 'peak_rss_mb', number>;
  return {
    imagesPerSecond: answer.images_per_s,
    p50Ms: answer.p50_ms,
    p99Ms: answer.p99_ms,
    peakRssMb: answer.peak_rss_mb,
  };
}
