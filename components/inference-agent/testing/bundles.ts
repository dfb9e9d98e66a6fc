import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';

import { bundle as buildBundle } from '../../../tools/build/bundle.ts';

/** Bundles that tests start as processes or threads. */
const ENTRIES = {
  'agent.js': 'agent.ts',
  'model.js': 'model.ts',
  'generation-worker.js': 'generation-worker.ts',
  'scripted-worker.js': 'testing/scripted-worker.ts',
} as const;

export type BundleName = keyof typeof ENTRIES;

/** Path of a bundle, built by the first test of the run that asks. All lie in one folder, as on a device. */
export async function bundle(name: BundleName): Promise<string> {
  const file = join(inject('runFolder'), 'inference-agent', name);
  if (!(await exists(file))) await buildTo(file, ENTRIES[name]);
  return file;
}

const COMPONENT = join(import.meta.dirname, '..');
/** Test files run side by side: each may build, the last rename wins, and all of them are the same. */
async function buildTo(file: string, entry: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  // The project's own package.json says ES modules; on a device there is none.
  await writeFile(join(dirname(file), 'package.json'), '{"type":"commonjs"}');
  const fresh = `${file}.${process.pid}`;
  const { code } = await buildBundle(join(COMPONENT, entry));
  await writeFile(fresh, code);
  await rename(fresh, file);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
