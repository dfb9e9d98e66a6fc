import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import type { Server as NetServer, Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { systemClock } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

import { ConnectionGuard, KEEP_ALIVE_MS } from './connections/connection-guard.ts';
import type { ConnectionBounds, GuardReason } from './connections/connection-guard.ts';
import { listenOnPort } from './listen-on-port.ts';
import { listenOnSocket } from './listen-on-socket.ts';
import { byProtocol } from './other-protocol.ts';
import type { OtherProtocol } from './other-protocol.ts';

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
  /** Whether sockets on which another process answers are taken from it. Default: false. */
  readonly takeOver?: boolean | undefined;
  /** Default: 512 requests at once, each with at least 16 kB a second. Asked again and again, so that a change takes effect. */
  readonly bounds?: () => ConnectionBounds;
  /** Told of connections that were ended and requests that were refused to keep the server open for others. */
  readonly onGuarded?: (reason: GuardReason) => void;
  readonly clock?: Clock;
  /** Spoken on the same socket; they end with the server. */
  readonly others?: readonly OtherProtocol[];
}

const DEFAULT_BOUNDS: ConnectionBounds = { maxConnections: 512, minBytesPerSecond: 16 * 1024 };
/** How long a connection that was made before the end began may take to say what it wants. */
const FIRST_REQUEST_MS = 250;
const ACCEPT_TURNS = 3;
/** gRPC asks for `h2` by name. A client has ten seconds to say who it is. */
const TLS_OPTIONS = { ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: 10_000, minVersion: 'TLSv1.2' } as const;

/** Connections that came by the second path of their server. */
const SECOND_PATH = new WeakSet<Socket>();

/** Whether a request came by `alsoAt` of its server: those who use that path may be other users. */
export function cameBySecondPath({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
  return SECOND_PATH.has(socket);
}

/** Serves an API on a Unix socket or named pipe. @throws EdgeError `socket.*` */
export async function startSocketServer(
  path: string,
  listener: RequestListener,
  options: SocketServerOptions = {},
): Promise<SocketServer> {
  const { mode, alsoAt, takeOver } = options;
  const paths = alsoAt === undefined ? [path] : [path, alsoAt];
  return serve(listener, options, async (front) => {
    const removals: (() => Promise<void>)[] = [];
    try {
      for (const one of paths) {
        const server = front();
        if (one === alsoAt) server.prependListener('connection', (socket) => SECOND_PATH.add(socket));
        removals.push(await listenOnSocket(server, one, mode, takeOver));
      }
    } catch (error) {
      await Promise.all(removals.map((remove) => remove()));
      throw error;
    }
    return removals;
  });
}

/** Address of a server on TCP. */
export interface PortAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM; without it nothing is encrypted. */
  readonly tls?: { readonly cert: Buffer; readonly key: Buffer };
}

export interface PortServer extends SocketServer {
  readonly port: number;
}

/** Serves an API on TCP. @throws EdgeError `socket.failed`; what TLS throws about certificate and key */
export async function startPortServer(
  { host, port, tls }: PortAddress,
  listener: RequestListener,
  options: SocketServerOptions = {},
): Promise<PortServer> {
  let listening = port;
  const server = await serve(
    listener,
    options,
    async (front) => {
      listening = await listenOnPort(front(), host, port);
      return [];
    },
    tls,
  );
  return { ...server, port: listening };
}

/**
 * @param listen makes the servers that `front` gives listen, and says how each is taken away again
 */
async function serve(
  listener: RequestListener,
  {
    maxHeaderSize,
    clock = systemClock,
    others = [],
    bounds = () => DEFAULT_BOUNDS,
    onGuarded = () => undefined,
  }: SocketServerOptions,
  listen: (front: () => NetServer) => Promise<readonly (() => Promise<void>)[]>,
  tls?: PortAddress['tls'],
): Promise<SocketServer> {
  // The guard has these two time-outs, and looks more often than every 30 s.
  const server = createServer({
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: 0,
    requestTimeout: 0,
    ...(maxHeaderSize === undefined ? {} : { maxHeaderSize }),
  });
  // It never listens itself, and counts its connections only from then on: without that it could not close idle ones.
  server.emit('listening');
  const silent = silentConnections(server);
  const lastAnswers = lastAnswersOf(server);
  const guard = new ConnectionGuard({ clock, bounds, onGuarded });
  guard.guard(server, listener);
  const take =
    others.length > 0
      ? byProtocol(server, others, {
          maxConnections: () => bounds().maxConnections,
          accepted: (socket) => {
            guard.accept(socket);
            silent.add(socket);
          },
          handedOver: (socket) => {
            guard.release(socket);
            silent.remove(socket);
          },
        })
      : (socket: Socket) => void server.emit('connection', socket);
  const fronts: NetServer[] = [];
  const front = (): NetServer => {
    const made = tls
      ? createTlsServer({ ...tls, ...TLS_OPTIONS }, take)
      : createNetServer({ allowHalfOpen: true }, take);
    fronts.push(made);
    return made;
  };
  const closeAll = (): Promise<unknown> =>
    Promise.all([...fronts, server].map((one) => new Promise((resolve) => one.close(resolve))));
  let removals: readonly (() => Promise<void>)[];
  try {
    removals = await listen(front);
  } catch (error) {
    void closeAll();
    throw error;
  }
  return {
    async close(timeoutMs) {
      // First nobody new finds it; then whoever was already connecting gets an answer rather than a reset.
      await Promise.all(removals.map((remove) => remove()));
      lastAnswers.begin();
      await silent.ended(Math.min(timeoutMs, FIRST_REQUEST_MS));
      const closed = Promise.all([closeAll(), ...others.map((other) => other.close(timeoutMs))]);
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** From `begin` on, each connection ends with its next answer, so that a client that asks again finds the next server. */
function lastAnswersOf(server: Server): { begin(): void } {
  const open = new Set<ServerResponse>();
  let isLast = false;
  server.on('request', (_, response) => {
    if (isLast) response.shouldKeepAlive = false;
    open.add(response);
    response.once('close', () => open.delete(response));
  });
  return {
    begin() {
      isLast = true;
      for (const response of open) if (!response.headersSent) response.shouldKeepAlive = false;
    },
  };
}

/**
 * Connections that have not asked anything yet, though their request may be on its way. Node 20 does not count them as
 * idle and would wait for them; those that stay silent are ended.
 */
function silentConnections(server: Server): {
  add(socket: Socket): void;
  remove(socket: Socket): void;
  ended(timeoutMs: number): Promise<void>;
} {
  const silent = new Set<Socket>();
  let onEmpty: (() => void) | undefined;
  const remove = (socket: Socket): void => {
    if (silent.delete(socket) && silent.size === 0) onEmpty?.();
  };
  const add = (socket: Socket): void => {
    if (silent.has(socket)) return;
    silent.add(socket);
    socket.once('close', () => remove(socket));
  };
  server.on('connection', add);
  server.on('request', ({ socket }) => remove(socket));
  return {
    add,
    remove,
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
