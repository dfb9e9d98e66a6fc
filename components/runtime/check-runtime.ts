import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '#packages/foundation';
import { runtimeErrors } from './errors.ts';
import { NATIVE_PACKAGES, RUNTIME_MANIFEST } from './runtime-manifest.ts';
import type { RuntimeManifest } from './runtime-manifest.ts';

/**
 * Loads every native library of an unpacked runtime, so that a system too old for one fails the deployment
 * with its reason instead of every component later.
 *
 * @param load resolves a package below the runtime's node_modules and runs it
 * @throws EdgeError `runtime.incomplete`, `runtime.library-refused`
 */
export async function checkRuntime(folder: string, load: (name: string) => unknown): Promise<RuntimeManifest> {
  const manifest = await readManifest(path.join(folder, RUNTIME_MANIFEST));
  for (const name of NATIVE_PACKAGES) {
    const version = manifest.packages[name];
    if (version !== undefined) loadLibrary(name, version, load);
  }
  return manifest;
}

async function readManifest(file: string): Promise<RuntimeManifest> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as RuntimeManifest;
  } catch (cause) {
    throw runtimeErrors.error('runtime.incomplete', `cannot read ${file}: ${messageOf(cause)}`, {
      cause,
      facts: { file },
    });
  }
}

function loadLibrary(name: string, version: string, load: (name: string) => unknown): void {
  try {
    load(name);
  } catch (cause) {
    const reason = messageOf(cause).split('\n')[0] ?? '';
    const missing = (cause as { code?: unknown }).code === 'MODULE_NOT_FOUND';
    const code = missing ? 'runtime.incomplete' : 'runtime.library-refused';
    throw runtimeErrors.error(code, `${name} ${version} does not load: ${reason}`, { cause, facts: { name, version } });
  }
}
