import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

import { photo, photoNames } from '../../vision/shared-data.ts';
import { startBenchAgent } from './bench-agent.ts';
import { writeBenchPackage } from './bench-packages.ts';
import type { BenchModel } from './bench-packages.ts';
import { peakRssMb, summarize } from './measurement.ts';
import type { Measurement } from './measurement.ts';

/** As many clients as cores, each sending one image after the other to the bundled agent over its socket. */
export async function measureSaturated(name: BenchModel, count: number): Promise<Measurement> {
  const cores = os.availableParallelism();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'edgeml-bench-'));
  const agent = await startBenchAgent(folder, {
    Workers: cores,
    IntraOpThreads: 1,
    GoldenPolicy: 'off',
    SignaturePolicy: 'off',
  });
  try {
    const { model } = await agent.client.activate({ path: await writeBenchPackage(name, folder) });
    const images = photoNames()
      .filter((file) => file.endsWith('.jpg'))
      .map(photo);
    const ask = async (index: number): Promise<number> => {
      const before = performance.now();
      await agent.client.invoke(model.alias, images[index % images.length] as Uint8Array, {
        contentType: 'image/jpeg',
      });
      return performance.now() - before;
    };
    await Promise.all(images.map((_, index) => ask(index)));
    let next = 0;
    const latencies: number[] = [];
    const start = performance.now();
    const client = async (): Promise<void> => {
      while (next < count) latencies.push(await ask(next++));
    };
    await Promise.all(Array.from({ length: cores }, client));
    return summarize(latencies, performance.now() - start, peakRssMb(agent.process.pid));
  } finally {
    agent.client.close();
    await agent.process.end();
    await rm(folder, { recursive: true, force: true });
  }
}
