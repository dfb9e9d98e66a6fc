import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { exists, writeAtomically } from '#packages/foundation';
import { bundle } from '../../tools/bundle/bundle.ts';

/**
 * Path of a component's bundle, built by the first test of the run that asks.
 *
 * @param component a folder of the run that holds the component's bundles
 * @param name of the bundle, e.g. `agent.js`
 * @param entry below the project's folder, e.g. `components/inference-agent/agent.ts`
 */
export async function bundleFile(component: string, name: string, entry: string): Promise<string> {
  const file = join(inject('runFolder'), component, name);
  if (!(await exists(file))) await buildTo(file, join(PROJECT, entry));
  return file;
}

const PROJECT = join(import.meta.dirname, '../..');

/** Test files run side by side: each may build, the last rename wins, and all of them are the same. */
async function buildTo(file: string, entry: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  // The project's own package.json says ES modules; on a device there is none.
  await writeFile(join(dirname(file), 'package.json'), '{"type":"commonjs"}');
  const { code } = await bundle(entry);
  await writeAtomically(file, code, { fsync: 'none' });
}
