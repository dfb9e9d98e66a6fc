import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface WireCounter {
  readonly url: string;
  /** Bytes that clients sent, headers and all. */
  readonly bytes: () => number;
  close(): Promise<void>;
}

/** Hands TCP connections on to a port of this machine, and counts what clients send. */
export async function startWireCounter(port: number): Promise<WireCounter> {
  let bytes = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .once('close', () => sockets.delete(socket))
        .on('error', () => [client, upstream].map((one) => one.destroy()));
    }
    client.on('data', (chunk: Buffer) => (bytes += chunk.length));
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: () => bytes,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
