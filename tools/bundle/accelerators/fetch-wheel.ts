import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { exists, hashFile, messageOf } from '#packages/foundation';
import { buildErrors } from '../errors.ts';
import type { FetchOptions } from '../runtime/fetch-package.ts';
import type { Wheel } from './wheels.ts';

const run = promisify(execFile);
const FETCH_TIMEOUT_MS = 10 * 60_000;
const UNPACK_TIMEOUT_MS = 60_000;
const OLDEST_PYTHON = '3.11';

/**
 * Path of a wheel in the cache; fetched with `pip download` (so that the user's registry settings hold) when it is not there. The hash is
 * checked on every use.
 * @throws EdgeError `build.package-fetch`, `build.package-integrity`
 */
export async function fetchWheel(wheel: Wheel, cache: string, options: FetchOptions = {}): Promise<string> {
  const folder = path.join(cache, 'wheels');
  const file = path.join(folder, `${wheel.name}-${wheel.version}-${wheel.tag}.whl`);
  if (!(await exists(file))) await download(wheel, folder, file, options);
  const found = await hashFile(file);
  if (found === wheel.sha256) return file;
  const message = `${file} has the SHA-256 ${found}; tools/bundle/accelerators/wheels.ts pins ${wheel.sha256}`;
  throw buildErrors.error('build.package-integrity', message, { facts: { ...pinOf(wheel), found, file } });
}

/** Unpacks a wheel, which is a zip, into a folder. */
export async function unpackWheel(file: string, into: string, signal?: AbortSignal): Promise<readonly string[]> {
  await run('python3', ['-m', 'zipfile', '-e', file, into], {
    timeout: UNPACK_TIMEOUT_MS,
    ...(signal ? { signal } : {}),
  });
  const all = await readdir(into, { recursive: true, withFileTypes: true });
  return all
    .filter((one) => one.isFile())
    .map((one) => path.join(one.parentPath, one.name))
    .sort();
}

async function download(wheel: Wheel, folder: string, file: string, options: FetchOptions): Promise<void> {
  options.onDownload?.(pinOf(wheel));
  await mkdir(folder, { recursive: true });
  const fresh = await mkdtemp(path.join(folder, 'fetch-'));
  try {
    const wanted = path.join(fresh, 'requirements.txt');
    await writeFile(wanted, `${wheel.name}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
    const target = [
      '--platform',
      wheel.tag,
      '--python-version',
      wheel.python ?? OLDEST_PYTHON,
      '--only-binary',
      ':all:',
    ];
    await run(
      'python3',
      ['-m', 'pip', 'download', '--quiet', '--no-deps', ...target, '--require-hashes', '-r', wanted, '-d', fresh],
      {
        timeout: FETCH_TIMEOUT_MS,
        ...(options.signal ? { signal: options.signal } : {}),
      },
    );
    const fetched = (await readdir(fresh)).find((name) => name.endsWith('.whl'));
    if (fetched === undefined) throw new Error('pip wrote no file');
    await rename(path.join(fresh, fetched), file);
  } catch (cause) {
    options.signal?.throwIfAborted();
    const message = `cannot fetch ${wheel.name} ${wheel.version} with "python3 -m pip": ${messageOf(cause).trim()}`;
    throw buildErrors.error('build.package-fetch', message, { cause, facts: pinOf(wheel) });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

function pinOf({ name, version, sha256 }: Wheel) {
  return { name, version, integrity: `sha256-${Buffer.from(sha256, 'hex').toString('base64')}` };
}
