import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { BundleProcess } from '../bundles/bundle-process.ts';
import { bundle } from '../agent/bundles.ts';
import { EdgeClient } from './client.ts';
import type { ClientGeneration } from './generations.ts';

/** The bundled agent in its own process, its gRPC socket in the folder of the test. */
export class EdgeAgent {
  readonly process: BundleProcess;
  readonly workFolder: string;
  readonly socketPath: string;
  readonly #clients: EdgeClient[] = [];

  private constructor(process: BundleProcess, workFolder: string, socketPath: string) {
    this.process = process;
    this.workFolder = workFolder;
    this.socketPath = socketPath;
  }

  /** @param folder of the test; the agent works in `work` below it */
  static async start(folder: string, configuration: object = {}): Promise<EdgeAgent> {
    const workFolder = path.join(folder, 'work');
    const socketPath = path.join(folder, 'edge.sock');
    await mkdir(workFolder, { recursive: true });
    const file = path.join(folder, 'agent.json');
    const settings = { UnixSocketName: `unix://${socketPath}`, MinFreeDiskMB: 0, Workers: 1, ...configuration };
    await writeFile(file, JSON.stringify(settings));
    await bundle('instance-worker.js');
    const words = ['--configuration', file];
    const process = new BundleProcess(await bundle('agent.js'), words, workFolder, { EDGEML_PROVIDERS: 'cpu' });
    await process.line(/"event":"agent.ready"/);
    return new EdgeAgent(process, workFolder, socketPath);
  }

  /** A client with a connection of its own. */
  client(generation?: ClientGeneration): EdgeClient {
    const client = new EdgeClient(`unix://${this.socketPath}`, generation);
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<number | string> {
    for (const client of this.#clients) client.close();
    return this.process.end();
  }
}
