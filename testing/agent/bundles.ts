import { bundleFile } from '../bundles/bundle-file.ts';

/** Bundles that tests start as processes or threads. */
const ENTRIES = {
  'agent.js': 'agent.ts',
  'model.js': 'model.ts',
  'generation-worker.js': 'generation-worker.ts',
  'scripted-worker.js': 'testing/scripted-worker.ts',
} as const;

export type BundleName = keyof typeof ENTRIES;

/** Path of a bundle. All lie in one folder, as on a device. */
export function bundle(name: BundleName): Promise<string> {
  return bundleFile('inference-agent', name, ENTRIES[name]);
}
