import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import type { AgentClient } from '#packages/http';
import { memoryOfFamily } from '../../testing/process/process-facts.ts';
import { photo, photoNames, PHOTOS } from '../../testing/vision/shared-data.ts';
import { cpuOfDescendants } from '../camera/cpu-of-descendants.ts';
import { startBenchAgent } from './bench-agent.ts';
import type { BenchModel } from './bench-models.ts';
import { writeBenchPackage } from './bench-packages.ts';
import { ownCpu, summarize } from './measurement.ts';
import type { Measurement } from './measurement.ts';

export interface Saturated extends Measurement {
  /** Part of `cpuMs` that the clients need to send the images. */
  readonly clientCpuMs: number;
}

/** `named`: by the path of an image file, with plain messages, as the application asks; `sent`: the image in an HTTP request. */
export type Asking = 'named' | 'sent';

/** As many clients as cores, each asking the bundled agent for one image after the other over its socket. */
export async function measureSaturated(
  name: BenchModel,
  count: number,
  asking: Asking,
  signal: AbortSignal,
  settings: object = {},
): Promise<Saturated> {
  const cores = os.availableParallelism();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'edgeml-bench-'));
  const agent = await startBenchAgent(folder, {
    GoldenPolicy: 'off',
    SignaturePolicy: 'off',
    ImageFolders: [PHOTOS],
    ...settings,
  });
  const files = photoNames().filter((file) => file.endsWith('.jpg'));
  const client = asking === 'named' ? agent.messages : agent.client;
  try {
    const { model } = await agent.client.activate({ path: await writeBenchPackage(name, folder) });
    const askFor = asksFor(asking, client, model.alias, files);
    const ask = async (index: number): Promise<number> => {
      signal.throwIfAborted();
      const before = performance.now();
      await askFor(index);
      return performance.now() - before;
    };
    let next = 0;
    const latencies: number[] = [];
    const oneClient = async (end: number): Promise<void> => {
      while (next < end) latencies.push(await ask(next++));
    };
    const clients = (end: number) => Promise.all(Array.from({ length: cores }, () => oneClient(end)));
    await clients(WARM_ROUNDS * files.length);
    next = latencies.length = 0;
    const [agentBefore, ownBefore] = [cpuOfDescendants(), ownCpu()];
    const start = performance.now();
    await clients(count);
    const elapsed = performance.now() - start;
    const clientCpuMs = (ownCpu() - ownBefore) / count;
    const agentCpuMs = (cpuOfDescendants() - agentBefore) / count;
    const used = { memoryMb: memoryOfFamily(agent.process.pid) / 2 ** 20, cpuMs: agentCpuMs + clientCpuMs };
    return { ...summarize(latencies, elapsed, used), clientCpuMs };
  } finally {
    agent.client.close();
    agent.messages.close();
    await agent.process.end();
    await rm(folder, { recursive: true, force: true });
  }
}

function asksFor(
  asking: Asking,
  client: AgentClient,
  alias: string,
  files: readonly string[],
): (index: number) => Promise<unknown> {
  if (asking === 'named')
    return (index) => client.invokeFile(alias, path.join(PHOTOS, files[index % files.length] as string));
  const images = files.map(photo);
  return (index) => client.invoke(alias, images[index % images.length] as Uint8Array, { contentType: 'image/jpeg' });
}

/** Enough for the compilers to have seen all of the agent's code. */
const WARM_ROUNDS = 4;
