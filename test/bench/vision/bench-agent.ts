import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { createAgentClient } from '../../../components/common/http/agent-client.ts';
import type { AgentClient } from '../../../components/common/http/agent-client.ts';
import { BundleProcess } from '../../../components/common/testing/bundle-process.ts';
import { bundle } from '../../../tools/build/bundle.ts';

const COMPONENT = path.join(import.meta.dirname, '../../../components/inference-agent');

export interface BenchAgent {
  readonly process: BundleProcess;
  readonly client: AgentClient;
}

/** Bundles the agent into a folder and starts it there, as a nucleus would. */
export async function startBenchAgent(
  folder: string,
  configuration: Readonly<Record<string, unknown>>,
): Promise<BenchAgent> {
  const work = path.join(folder, 'work');
  await mkdir(work, { recursive: true });
  for (const entry of ['agent', 'generation-worker']) {
    const { code } = await bundle(path.join(COMPONENT, `${entry}.ts`));
    await writeFile(path.join(folder, `${entry}.js`), code);
  }
  const file = path.join(work, 'configuration.json');
  await writeFile(file, JSON.stringify(configuration));
  const process = new BundleProcess(path.join(folder, 'agent.js'), ['--configuration', file], work, {
    EDGEML_PROVIDERS: 'cpu',
  });
  await process.line(/"event":"agent.ready"/);
  const socketPath = path.join(work, 'agent.sock');
  return { process, client: createAgentClient({ socketPath, maxConnections: 16, timeoutMs: 120_000 }) };
}
