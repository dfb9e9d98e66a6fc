import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { exists, hashFile, messageOf } from '#packages/foundation';
import { buildErrors } from '../errors.ts';
import type { PackagePin } from '../errors.ts';

const FETCH_TIMEOUT_MS = 10 * 60_000;
/** npm by itself waits a minute and more before it says that a registry is away. */
const QUICK_RETRIES = ['--fetch-retries=2', '--fetch-retry-mintimeout=1000', '--fetch-retry-maxtimeout=3000'];

/**
 * Path of a package's tarball in the cache; fetched with `npm pack` (so that the user's registry settings hold) when it is not there.
 * The hash is checked on every use.
 *
 * @throws EdgeError `build.package-fetch`, `build.package-integrity`
 */
export async function fetchPackage(pin: PackagePin, cache: string, options: FetchOptions = {}): Promise<string> {
  const folder = path.join(cache, 'npm');
  const file = path.join(folder, `${pin.name.replace('@', '').replace('/', '-')}-${pin.version}.tgz`);
  if (!(await exists(file))) await download(pin, folder, file, options);
  await checkIntegrity(pin, file);
  return file;
}

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once before a download starts. */
  readonly onDownload?: ((pin: PackagePin) => void) | undefined;
}

async function download(pin: PackagePin, folder: string, file: string, options: FetchOptions): Promise<void> {
  options.onDownload?.(pin);
  await mkdir(folder, { recursive: true });
  const fresh = await mkdtemp(path.join(folder, 'fetch-'));
  try {
    await npmPack(`${pin.name}@${pin.version}`, fresh, options.signal);
    const [packed] = (await readdir(fresh)).filter((name) => name.endsWith('.tgz'));
    if (packed === undefined) throw new Error('npm pack wrote no file');
    await rename(path.join(fresh, packed), file);
  } catch (cause) {
    const message = `cannot fetch ${pin.name}@${pin.version}: ${messageOf(cause).trim()}`;
    throw buildErrors.error('build.package-fetch', message, { cause, facts: { ...pin } });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function npmPack(name: string, destination: string, signal: AbortSignal | undefined): Promise<void> {
  const npmCli = process.env['npm_execpath'];
  const [command, prefix] = npmCli?.endsWith('npm-cli.js') ? [process.execPath, [npmCli]] : ['npm', []];
  const words = ['pack', '--loglevel=error', ...QUICK_RETRIES, '--pack-destination', destination, name];
  await promisify(execFile)(command, [...prefix, ...words], {
    cwd: destination,
    timeout: FETCH_TIMEOUT_MS,
    shell: process.platform === 'win32' && command === 'npm',
    ...(signal ? { signal } : {}),
  });
}

async function checkIntegrity(pin: PackagePin, file: string): Promise<void> {
  const found = `sha512-${await hashFile(file, { algorithm: 'sha512', encoding: 'base64' })}`;
  if (found === pin.integrity) return;
  const message = `${pin.name}@${pin.version} in ${file} has the hash ${found}; components/runtime/packages.json pins ${pin.integrity}`;
  throw buildErrors.error('build.package-integrity', message, { facts: { ...pin, found, file } });
}
