import type { AddressInfo, Server } from 'node:net';
import { listen } from './listen.ts';

/**
 * Makes the server listen on TCP.
 * @param port 0 takes a free one
 * @returns the port
 * @throws EdgeError `socket.failed`
 */
export async function listenOnPort(server: Server, host: string, port: number): Promise<number> {
  await listen(server, { host, port });
  return (server.address() as AddressInfo).port;
}
