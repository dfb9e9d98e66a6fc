import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { inject } from 'vitest';

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
const NATIVE = ['onnxruntime-node', 'sharp', '@julusian/jpeg-turbo', 'aws-crt', 'onnxruntime-web'];

/** Test files run side by side: each may build, the last rename wins, and all of them are the same. */
async function buildTo(file: string, entry: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  // The project's own package.json says ES modules; on a device there is none.
  await writeFile(join(dirname(file), 'package.json'), '{"type":"commonjs"}');
  const fresh = `${file}.${process.pid}`;
  await build({
    entryPoints: [join(COMPONENT, entry)],
    outfile: fresh,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: NATIVE,
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
  });
  await rename(fresh, file);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
