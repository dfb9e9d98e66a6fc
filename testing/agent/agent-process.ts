import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createAgentClient } from '#packages/http';
import type { AgentClient } from '#packages/http';

import { PATIENCE_MS } from '../patience.ts';
import { bundle } from './bundles.ts';
import { BundleProcess } from '../bundles/bundle-process.ts';

export interface AgentProcess {
  readonly process: BundleProcess;
  readonly client: AgentClient;
  readonly socketPath: string;
}

/** Starts the bundled agent in a work folder and waits until it has restored what it remembers. */
export async function startAgentProcess(
  workFolder: string,
  configuration: Readonly<Record<string, unknown>> = {},
): Promise<AgentProcess> {
  await bundle('instance-worker.js');
  await mkdir(workFolder, { recursive: true });
  const file = join(workFolder, 'configuration.json');
  await writeFile(file, JSON.stringify(configuration));
  const words = ['--configuration', file];
  const process = new BundleProcess(await bundle('agent.js'), words, workFolder, { EDGEML_PROVIDERS: 'cpu' });
  const socketPath = join(workFolder, 'agent.sock');
  await process.line(/"event":"agent.ready"/);
  return {
    process,
    socketPath,
    client: createAgentClient({ socketPath, maxConnections: 600, timeoutMs: PATIENCE_MS }),
  };
}
