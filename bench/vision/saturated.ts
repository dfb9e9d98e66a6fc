import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { photo, photoNames } from '../../testing/vision/shared-data.ts';
import { startBenchAgent } from './bench-agent.ts';
import type { BenchModel } from './bench-models.ts';
import { writeBenchPackage } from './bench-packages.ts';
import { cpuOfProcess, ownCpu, peakRssMb, summarize } from './measurement.ts';
import type { Measurement } from './measurement.ts';

export interface Saturated extends Measurement {
  /** Part of `cpuMs` that the clients need to send the images. */
  readonly clientCpuMs: number;
}

/** As many clients as cores, each sending one image after the other to the bundled agent over its socket. */
export async function measureSaturated(
  name: BenchModel,
  count: number,
  signal: AbortSignal,
  settings: object = {},
): Promise<Saturated> {
  const cores = os.availableParallelism();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'edgeml-bench-'));
  const agent = await startBenchAgent(folder, { GoldenPolicy: 'off', SignaturePolicy: 'off', ...settings });
  try {
    const { model } = await agent.client.activate({ path: await writeBenchPackage(name, folder) });
    const images = photoNames()
      .filter((file) => file.endsWith('.jpg'))
      .map(photo);
    const ask = async (index: number): Promise<number> => {
      signal.throwIfAborted();
      const before = performance.now();
      await agent.client.invoke(model.alias, images[index % images.length] as Uint8Array, {
        contentType: 'image/jpeg',
      });
      return performance.now() - before;
    };
    let next = 0;
    const latencies: number[] = [];
    const client = async (end: number): Promise<void> => {
      while (next < end) latencies.push(await ask(next++));
    };
    const clients = (end: number) => Promise.all(Array.from({ length: cores }, () => client(end)));
    await clients(WARM_ROUNDS * images.length);
    next = latencies.length = 0;
    const [agentBefore, ownBefore] = [cpuOfProcess(agent.process.pid), ownCpu()];
    const start = performance.now();
    await clients(count);
    const elapsed = performance.now() - start;
    const clientCpuMs = (ownCpu() - ownBefore) / count;
    const agentCpuMs = (cpuOfProcess(agent.process.pid) - agentBefore) / count;
    const used = { peakRssMb: peakRssMb(agent.process.pid), cpuMs: agentCpuMs + clientCpuMs };
    return { ...summarize(latencies, elapsed, used), clientCpuMs };
  } finally {
    agent.client.close();
    await agent.process.end();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Enough for the compilers to have seen all of the agent's code. */
const WARM_ROUNDS = 4;
