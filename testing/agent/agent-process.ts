import { join } from 'node:path';
import { createAgentClient } from '#packages/http';
import type { AgentClient } from '#packages/http';
import { PATIENCE_MS } from '../patience.ts';
import type { Child } from '../process/child.ts';
import { startComponent } from '../process/start-component.ts';
import type { ComponentOptions } from '../process/start-component.ts';

export interface AgentProcess {
  readonly process: Child;
  readonly client: AgentClient;
  readonly socketPath: string;
}

/** Starts the bundled agent in a work folder and waits until it has restored what it remembers. */
export async function startAgentProcess(
  workFolder: string,
  configuration: Readonly<Record<string, unknown>> = {},
  options: Pick<ComponentOptions, 'bundleFolder'> = {},
): Promise<AgentProcess> {
  const process = await startComponent('inference-agent', { workFolder, configuration, ...options });
  const socketPath = join(workFolder, 'agent.sock');
  await process.line(/"event":"agent.ready"/);
  const client = createAgentClient({ socketPath, maxConnections: 600, timeoutMs: PATIENCE_MS });
  return { process, socketPath, client };
}
