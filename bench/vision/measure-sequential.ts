import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import type { BenchModel } from './bench-models.ts';
import type { Measurement } from './measurement.ts';

export interface Sequential extends Measurement {
  readonly decodeMs: number;
  readonly resizeMs: number;
  readonly runMs: number;
}

/** One image after the other, without the agent, in its own process. */
export async function measureSequential(
  name: BenchModel,
  count: number,
  threads: number,
  signal: AbortSignal,
): Promise<Sequential> {
  const script = path.join(import.meta.dirname, 'sequential.ts');
  const args = ['--import', 'tsx', script, name, String(count), String(threads)];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: path.join(import.meta.dirname, '../..'),
    signal,
  });
  return JSON.parse(stdout) as Sequential;
}
