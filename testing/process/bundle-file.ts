import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { exists, writeAtomically } from '#packages/foundation';
import { bundle } from '../../tools/bundle/bundle.ts';
import { PROJECT } from '../../tools/bundle/project.ts';

/**
 * Path of a bundle, built by the first test of the run that asks.
 *
 * @param folder of the bundles that find each other, as on a device; relative to that of the run, or anywhere
 * @param name of the bundle, e.g. `agent.js`
 * @param entry below the project's folder, e.g. `components/inference-agent/agent.ts`
 */
export async function bundleFile(folder: string, name: string, entry: string): Promise<string> {
  const file = path.join(path.isAbsolute(folder) ? folder : path.join(await runFolder(), folder), name);
  if (!(await exists(file))) await buildTo(file, path.join(PROJECT, entry));
  return file;
}

/** Benchmarks run without vitest, which cannot be imported then, and give a folder. */
async function runFolder(): Promise<string> {
  const { inject } = await import('vitest');
  return inject('runFolder');
}

/**
 * Test files run side by side: each may build, the last rename wins, and all of them are the same. A program of another file may start
 * meanwhile, so it must never find a part of a file.
 */
async function buildTo(file: string, entry: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  // The project's own package.json says ES modules; on a device there is none.
  await writeAtomically(path.join(path.dirname(file), 'package.json'), '{"type":"commonjs"}', { fsync: 'none' });
  const { code } = await bundle(entry);
  await writeAtomically(file, code, { fsync: 'none' });
}
