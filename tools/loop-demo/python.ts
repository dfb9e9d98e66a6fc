import { execFile } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { endOf, pythonEnvironment } from '../optimize/python-environment.ts';
import { PROJECT, projectPaths } from '../bundle/project.ts';

const run = promisify(execFile);
const TRAINING = path.join(PROJECT, 'artifacts/training');
const MOST_OUTPUT_BYTES = 10_000_000;

/** Runs a module of artifacts/training; resolves with what it printed. */
export type Python = (words: readonly string[]) => Promise<string>;

/** `EDGEML_PYTHON`, or an environment with the packages that the training needs, made at the first use. */
export async function openPython(signal: AbortSignal): Promise<Python> {
  const given = process.env['EDGEML_PYTHON'];
  const requirements = path.join(TRAINING, 'requirements.txt');
  const folder = path.join(projectPaths.cache, 'loop-demo/python');
  const python = given ?? (await pythonEnvironment('python3', folder, requirements, signal));
  // Threads that spin at barriers make a training many times slower beside other work.
  const environment = { OMP_NUM_THREADS: '2', OMP_WAIT_POLICY: 'passive', ...process.env, PYTHONPATH: TRAINING };
  return async (words) => {
    const options = { cwd: TRAINING, env: environment, maxBuffer: MOST_OUTPUT_BYTES, signal };
    const { stdout } = await run(python, ['-m', ...words], options).catch((cause: unknown) => {
      signal.throwIfAborted();
      throw new Error(`python -m ${words.slice(0, 2).join(' ')} failed: ${endOf(cause)}`, { cause });
    });
    return stdout;
  };
}
