import { join } from 'node:path';
import { silentLogger, systemClock } from '#packages/foundation';
import type { Clock, LogLevel } from '#packages/foundation';
import { createAgentClient } from '#packages/http';
import type { AgentClient } from '#packages/http';
import { connectIpc } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import type { MemoryNucleus } from '../ipc/memory-nucleus.ts';
import { MemoryObjectStore } from '../object-store/memory-object-store.ts';
import { startAgent } from '../../components/inference-agent/assembly/start-agent.ts';
import type { Agent } from '../../components/inference-agent/assembly/agent.ts';
import { FrameMemory } from '../../components/inference-agent/frames/frame-memory.ts';
import type { OpenInstance } from '../../components/inference-agent/instance/model-instance.ts';
import type { Predecessor } from '../../components/inference-agent/handover/predecessor.ts';
import { BufferPool } from '../../components/inference-agent/buffers/buffer-pool.ts';
import { MemoryInstances } from './memory-instance.ts';
import { NO_KEYS } from './registry-rig.ts';
import { EdgeManagerOverlay } from '../../components/inference-agent/settings/edge-manager-overlay.ts';
import { COMPONENT, LiveConfiguration } from '../../components/inference-agent/settings/live-configuration.ts';
import { memoryScripted } from './memory-scripted.ts';

export interface InProcessAgent {
  readonly agent: Agent;
  readonly client: AgentClient;
  readonly instances: MemoryInstances;
  readonly levels: LogLevel[];
  readonly ipc: IpcSession;
  close(): Promise<void>;
}

/**
 * The whole agent on a nucleus in memory.
 * @param openInstance default: instances without threads
 * @param predecessor an agent that stands by on the same sockets
 */
export async function startInProcess(
  workFolder: string,
  nucleus: MemoryNucleus,
  clock: Clock = systemClock,
  openInstance?: OpenInstance,
  predecessor?: Predecessor,
): Promise<InProcessAgent> {
  const ipc = connectIpc({
    component: COMPONENT,
    environment: { ipcToken: undefined, ipcSocket: undefined, nucleus: 'java' },
    transport: nucleus.transport(COMPONENT),
    backoff: { baseMs: 10, capMs: 50 },
  });
  await ipc.ready();
  const instances = new MemoryInstances(memoryScripted);
  const levels: LogLevel[] = [];
  const agent = await startAgent({
    workFolder,
    configuration: new LiveConfiguration(await ipc.getConfiguration([]), silentLogger),
    overlay: new EdgeManagerOverlay(ipc),
    ipc,
    thing: 'belt-7',
    regionOfDevice: undefined,
    openStore: () => new MemoryObjectStore(),
    platform: { cores: 2, providers: ['cpu'] },
    frames: new FrameMemory({ budgetMB: () => 0, clock: systemClock, log: silentLogger }),
    buffers: new BufferPool(),
    openInstance: openInstance ?? instances.open,
    predecessor,
    keys: NO_KEYS,
    clock,
    random: Math.random,
    log: silentLogger,
    setLogLevel: (level) => levels.push(level),
  });
  const client = createAgentClient({ socketPath: join(workFolder, 'agent.sock') });
  return {
    agent,
    client,
    instances,
    levels,
    ipc,
    async close() {
      client.close();
      await agent.close(1_000);
      await ipc.close();
    },
  };
}
