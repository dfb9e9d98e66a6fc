import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';

import { listenOnSocket } from './listen-on-socket.ts';

export interface SocketServer {
  /** Takes no new requests, lets those that are being answered finish for `timeoutMs`, removes the socket. */
  close(timeoutMs: number): Promise<void>;
}

export interface SocketServerOptions {
  /** Bytes that the headers of a request may have together. Default: Node's, 16 KiB. */
  readonly maxHeaderSize?: number;
}

/** Longer than clients keep an idle connection, so that it is they who close it. */
const KEEP_ALIVE_MS = 65_000;
const HEADERS_MS = 10_000;
const REQUEST_MS = 120_000;
const MAX_CONNECTIONS = 512;

/** Serves an API on a Unix socket or named pipe. @throws EdgeError `socket.*` */
export async function startSocketServer(
  path: string,
  listener: RequestListener,
  options: SocketServerOptions = {},
): Promise<SocketServer> {
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    ...options,
  });
  server.maxConnections = MAX_CONNECTIONS;
  server.on('request', listener);
  const removeSocket = await listenOnSocket(server, path);
  return {
    async close(timeoutMs) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await closed;
      clearTimeout(timer);
      await removeSocket();
    },
  };
}
