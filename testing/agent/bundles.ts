import { bundleFile } from '../bundles/bundle-file.ts';

/** Bundles that tests start as processes or threads. */
const ENTRIES = {
  'agent.js': 'components/inference-agent/agent.ts',
  'model.js': 'components/inference-agent/model.ts',
  'instance-worker.js': 'components/inference-agent/instance-worker.ts',
  'scripted-worker.js': 'testing/agent/scripted-worker.ts',
} as const;

export type BundleName = keyof typeof ENTRIES;

/** Path of a bundle. All lie in one folder, as on a device. */
export function bundle(name: BundleName): Promise<string> {
  return bundleFile('inference-agent', name, ENTRIES[name]);
}
