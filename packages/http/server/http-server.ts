import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

import { ConnectionGuard, KEEP_ALIVE_MS } from './connections/connection-guard.ts';
import type { ConnectionBounds, GuardReason } from './connections/connection-guard.ts';
import { listenOnSocket } from './listen-on-socket.ts';

export interface SocketServer {
  /** Takes no new requests, lets those that are being answered finish for `timeoutMs`, removes the socket. */
  close(timeoutMs: number): Promise<void>;
}

export interface SocketServerOptions {
  /** Bytes that the headers of a request may have together. Default: Node's, 16 KiB. */
  readonly maxHeaderSize?: number;
  /** Permissions of the socket. Default: 0660. */
  readonly mode?: number;
  /** Path of a second socket on which the same is served. */
  readonly alsoAt?: string | undefined;
  /** Default: 512 requests at once, each with at least 16 kB a second. Asked again and again, so that a change takes effect. */
  readonly bounds?: () => ConnectionBounds;
  /** Told of connections that were ended and requests that were refused to keep the server open for others. */
  readonly onGuarded?: (reason: GuardReason) => void;
  readonly clock?: Clock;
}

const DEFAULT_BOUNDS: ConnectionBounds = { maxConnections: 512, minBytesPerSecond: 16 * 1024 };
/** How long a connection that was made before the end began may take to say what it wants. */
const FIRST_REQUEST_MS = 250;
const ACCEPT_TURNS = 3;

/** Serves an API on a Unix socket or named pipe. @throws EdgeError `socket.*` */
export async function startSocketServer(
  path: string,
  listener: RequestListener,
  options: SocketServerOptions = {},
): Promise<SocketServer> {
  const { maxHeaderSize, mode, alsoAt, clock = systemClock } = options;
  // The guard has these two time-outs, and looks more often than every 30 s.
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    requestTimeout: 0,
    ...(maxHeaderSize === undefined ? {} : { maxHeaderSize }),
  });
  const { bounds = () => DEFAULT_BOUNDS, onGuarded = () => undefined } = options;
  const silent = silentConnections(server);
  new ConnectionGuard({ clock, bounds, onGuarded }).guard(server, listener);
  const second = createNetServer({ allowHalfOpen: true }, (socket) => server.emit('connection', socket));
  const removals = [await listenOnSocket(server, path, mode)];
  try {
    if (alsoAt !== undefined) removals.push(await listenOnSocket(second, alsoAt, mode));
  } catch (error) {
    server.close();
    await removals[0]?.();
    throw error;
  }
  return {
    async close(timeoutMs) {
      // First nobody new finds it; then whoever was already connecting gets an answer rather than a reset.
      await Promise.all(removals.map((remove) => remove()));
      await silent.ended(Math.min(timeoutMs, FIRST_REQUEST_MS));
      const closed = Promise.all([server, second].map((one) => new Promise((resolve) => one.close(resolve))));
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
