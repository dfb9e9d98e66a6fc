import path from 'node:path';
import type { Child } from '../process/child.ts';
import { startComponent } from '../process/start-component.ts';
import { EdgeClient } from './client.ts';
import type { ClientGeneration } from './generations.ts';

/** The bundled agent in its own process, its gRPC socket in the folder of the test. */
export class EdgeAgent {
  readonly process: Child;
  readonly workFolder: string;
  readonly socketPath: string;
  readonly #clients: EdgeClient[] = [];

  private constructor(process: Child, workFolder: string, socketPath: string) {
    this.process = process;
    this.workFolder = workFolder;
    this.socketPath = socketPath;
  }

  /** @param folder of the test; the agent works in `work` below it */
  static async start(folder: string, configuration: object = {}): Promise<EdgeAgent> {
    const workFolder = path.join(folder, 'work');
    const socketPath = path.join(folder, 'edge.sock');
    const settings = { UnixSocketName: `unix://${socketPath}`, MinFreeDiskMB: 0, Workers: 1, ...configuration };
    const process = await startComponent('inference-agent', { workFolder, configuration: settings });
    await process.line(/"event":"agent.ready"/);
    return new EdgeAgent(process, workFolder, socketPath);
  }

  /** A client with its own connection. */
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
