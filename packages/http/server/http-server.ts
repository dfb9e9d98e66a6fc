import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

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
/** How long a connection that was made before the end began may take to say what it wants. */
const FIRST_REQUEST_MS = 250;
const ACCEPT_TURNS = 3;

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
  const silent = silentConnections(server);
  const removeSocket = await listenOnSocket(server, path);
  return {
    async close(timeoutMs) {
      // First nobody new finds it; then whoever was already connecting gets an answer rather than a reset.
      await removeSocket();
      await silent.ended(Math.min(timeoutMs, FIRST_REQUEST_MS));
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/**
 * Connections that have not asked anything yet, though their request may be on its way. Node 20 does not count them as
 * idle and would wait for them; those that stay silent are ended.
 */
function silentConnections(server: Server): { ended(timeoutMs: number): Promise<void> } {
  const silent = new Set<Socket>();
  let onEmpty: (() => void) | undefined;
  const remove = (socket: Socket): void => {
    if (silent.delete(socket) && silent.size === 0) onEmpty?.();
  };
  server.on('connection', (socket: Socket) => {
    silent.add(socket);
    socket.once('close', () => remove(socket));
  });
  server.on('request', ({ socket }) => remove(socket));
  return {
    async ended(timeoutMs) {
      // Connections that wait in the system's queue are accepted in the next turns.
      for (let turn = 0; turn < ACCEPT_TURNS; turn++) await nextTurn();
      if (silent.size === 0) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      for (const socket of silent) socket.destroy();
    },
  };
}
