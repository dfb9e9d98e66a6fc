import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { Aedes } from 'aedes';
import { freePort } from '../process/free-port.ts';

/** An MQTT broker that a test can stop and start again on the same port, and that keeps what was published to it. */
export class RecordingBroker {
  readonly messages: { readonly topic: string; readonly body: Readonly<Record<string, unknown>> }[] = [];
  readonly #port: number;
  #end: () => Promise<void> = () => Promise.resolve();

  private constructor(port: number) {
    this.#port = port;
  }

  static async start(): Promise<RecordingBroker> {
    const broker = new RecordingBroker(await freePort());
    await broker.start();
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const aedes = await Aedes.createBroker();
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      aedes.handle(socket);
    });
    aedes.on('publish', ({ topic, payload }) => {
      if (topic.startsWith('$SYS')) return;
      this.messages.push({ topic, body: JSON.parse(payload.toString()) as Readonly<Record<string, unknown>> });
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#end = async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => aedes.close(() => resolve()));
      await closed;
    };
  }

  /** Cuts every connection and listens no more. */
  stop(): Promise<void> {
    return this.#end();
  }
}
