import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isEdgeError, quantile } from '#packages/foundation';
import { createAgentClient } from '#packages/http';
import { AGENT } from '../../testing/device/collection.ts';

export interface StartUpFigures {
  readonly starts: number;
  /** From the start of the agent's process to its first answer, models restored from what was last known good. */
  readonly firstPredictionP50Ms: number;
  readonly firstPredictionMaxMs: number;
}

const PATIENCE_MS = 60_000;
const TRY_EVERY_MS = 2;
/** The agent takes less to end. */
const END_MS = 10_000;

/** Starts the bundled agent by itself, with the runtime's Node and a copy of the models that the core's agent keeps. */
export async function measureStartUp(
  root: string,
  folder: string,
  service: string,
  image: Buffer,
  starts: number,
  signal: AbortSignal,
): Promise<StartUpFigures> {
  await mkdir(folder, { recursive: true });
  for (const name of ['models', 'cache']) {
    await cp(path.join(root, 'work', AGENT, name), path.join(folder, name), { recursive: true });
  }
  const times: number[] = [];
  for (let n = 0; n < starts; n++) times.push(await startOnce(root, folder, service, image, signal));
  await rm(folder, { recursive: true, force: true });
  return { starts, firstPredictionP50Ms: quantile(times, 0.5), firstPredictionMaxMs: Math.max(...times) };
}

async function startOnce(
  root: string,
  folder: string,
  service: string,
  image: Buffer,
  signal: AbortSignal,
): Promise<number> {
  const startedAt = performance.now();
  const child = spawn('sh', [path.join(root, 'work', AGENT, 'current/run.sh'), root, 'cpu'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] },
    stdio: 'ignore',
    // Its own group: an agent that only its script has left would answer for the next one.
    detached: true,
  });
  const started = once(child, 'spawn');
  const agent = createAgentClient({ socketPath: path.join(folder, 'agent.sock') });
  try {
    for (;;) {
      try {
        await agent.invoke(service, image, { contentType: 'image/jpeg', signal });
        return performance.now() - startedAt;
      } catch (error) {
        const isAway = isEdgeError(error) && error.code === 'agent.unreachable';
        if (!isAway || child.exitCode !== null || performance.now() - startedAt > PATIENCE_MS) throw error;
        await sleep(TRY_EVERY_MS, undefined, { signal });
      }
    }
  } finally {
    agent.close();
    await started;
    await endGroup(child.pid!);
  }
}

/** Ends the script and the agent, and waits until they are gone. */
async function endGroup(group: number): Promise<void> {
  const signal = (name: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(-group, name);
    } catch {
      return false;
    }
  };
  signal('SIGTERM');
  const since = performance.now();
  while (signal(0)) {
    if (performance.now() - since > END_MS) signal('SIGKILL');
    await sleep(TRY_EVERY_MS);
  }
}
