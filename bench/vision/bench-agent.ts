import path from 'node:path';
import { createAgentClient } from '#packages/http';
import type { AgentClient } from '#packages/http';
import type { Child } from '../../testing/process/child.ts';
import { startComponent } from '../../testing/process/start-component.ts';

export interface BenchAgent {
  readonly process: Child;
  readonly client: AgentClient;
  /** Asks by plain messages. */
  readonly messages: AgentClient;
}

/** As components/inference-agent/run.sh sets it. */
const ENVIRONMENT = { EDGEML_PROVIDERS: 'cpu', MALLOC_ARENA_MAX: '2', NODE_OPTIONS: '--max-semi-space-size=1' };

/** Bundles the agent into a folder and starts it there as a nucleus would, in the environment that it has for the CPU. */
export async function startBenchAgent(
  folder: string,
  configuration: Readonly<Record<string, unknown>>,
): Promise<BenchAgent> {
  const workFolder = path.join(folder, 'work');
  const process = await startComponent('inference-agent', {
    workFolder,
    configuration,
    bundleFolder: folder,
    environment: ENVIRONMENT,
  });
  await process.line(/"event":"agent.ready"/);
  const socketPath = path.join(workFolder, 'agent.sock');
  const options = { socketPath, maxConnections: 16, timeoutMs: 120_000 };
  return { process, client: createAgentClient(options), messages: createAgentClient({ ...options, messages: true }) };
}
