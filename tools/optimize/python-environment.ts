import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '#packages/foundation';
import { PROJECT } from '../bundle/project.ts';
import { optimizeErrors } from './errors.ts';

const run = promisify(execFile);
const REQUIREMENTS = path.join(import.meta.dirname, 'requirements.txt');
const MAKE_MS = 120_000;
const INSTALL_MS = 900_000;
const LAST_LINES = 4;

/**
 * The interpreter of a virtual environment with the packages of requirements.txt, made at the first use.
 *
 * @param python program that makes it, e.g. `python3`
 * @param folder holds one environment for each list of packages
 * @throws EdgeError `optimize.no-python`, `optimize.no-packages`; the signal's reason
 */
export async function pythonEnvironment(
  python: string,
  folder: string,
  requirements = REQUIREMENTS,
  signal?: AbortSignal,
): Promise<string> {
  const list = await readFile(requirements, 'utf8');
  const hash = createHash('sha256').update(list).digest('hex');
  const dir = path.join(folder, hash.slice(0, 16));
  const interpreter = path.join(dir, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const done = path.join(dir, 'installed');
  if (await exists(done)) return interpreter;
  await rm(dir, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await run(python, ['-m', 'venv', dir], { timeout: MAKE_MS, signal }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw optimizeErrors.error('optimize.no-python', `"${python}" cannot make an environment: ${endOf(cause)}`, {
      cause,
    });
  });
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    ...(list.includes('--hash=') ? ['--require-hashes'] : []),
    '-r',
    requirements,
  ];
  await run(interpreter, pip, { timeout: INSTALL_MS, signal }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    const message = `the packages of ${path.relative(PROJECT, requirements)} cannot be installed: ${endOf(cause)}`;
    throw optimizeErrors.error('optimize.no-packages', message, { cause });
  });
  await writeFile(done, '');
  return interpreter;
}

/** The last lines that a program said before it failed. */
export function endOf(failure: unknown): string {
  const { stderr } = failure as { readonly stderr?: string };
  const lines = stderr?.trim().split('\n').slice(-LAST_LINES).join(' ').trim();
  return lines === undefined || lines === '' ? messageOf(failure) : lines;
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
