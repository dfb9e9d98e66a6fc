import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Clock, EdgeError } from '#packages/foundation';
import { httpErrors } from '../../errors.ts';
import { errorAnswer, sendError } from '../send.ts';
import { GRACE_MS, WatchedConnection } from './watched-connection.ts';

/** A server's limits for its clients. */
export interface ConnectionBounds {
  /** Requests that may be open at once; connections may be a few more. */
  readonly maxConnections: number;
  /** Bytes that a request must bring in each second, on average over a few; 0: any rate will do. */
  readonly minBytesPerSecond: number;
}

/**
 * Why a connection was ended, or a request refused: `slow`: it came too slowly; `displaced`: it kept the server waiting for
 * longest, and others needed its place; `full`: all places are taken by requests that move; `idle`: nothing was asked for a
 * minute; `unread`: the client does not take its answer; `pipelined`: a second request before the answer to the first.
 */
export type GuardReason = 'slow' | 'displaced' | 'full' | 'idle' | 'unread' | 'pipelined';

export interface GuardPorts {
  readonly clock: Clock;
  readonly bounds: () => ConnectionBounds;
  readonly onGuarded: (reason: GuardReason) => void;
}

/** Connections beyond the bound, on which GET (health, metrics, lists) is still answered. */
const RESERVED_CONNECTIONS = 16;
const SWEEP_MS = 500;
/** A request that brought nothing for this long may lose its place to one that comes. */
const STALLED_MS = 250;
/** Longer than clients keep an idle connection, so that it is they who close it. */
export const KEEP_ALIVE_MS = 65_000;
export const UNREAD_MS = 30_000;

/**
 * Keeps a server open for who really asks, whatever others do: requests that come too slowly are ended, and if all places are
 * taken, the client that has kept the server waiting for longest gives up its own. Time is counted by the injected clock.
 */
export class ConnectionGuard {
  readonly #ports: GuardPorts;
  readonly #connections = new Map<Socket, WatchedConnection>();
  #open = 0;
  readonly #answered = (): void => {
    this.#open--;
  };
  #sweptAt = 0;
  #cancelSweep: (() => void) | undefined;

  constructor(ports: GuardPorts) {
    this.#ports = ports;
  }

  /** Watches the connections of a server, and puts itself before what answers their requests. */
  guard(server: Server, listener: RequestListener): void {
    server.on('connection', (socket: Socket) => this.accept(socket));
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#request(request, response, listener),
    );
  }

  /** Watches a connection, also before the server knows of it. */
  accept(socket: Socket): void {
    if (this.#connections.has(socket)) return;
    const { clock, bounds } = this.#ports;
    this.#connections.set(socket, new WatchedConnection(socket, clock.monotonic(), this.#answered));
    socket.once('close', () => this.#connections.delete(socket));
    if (this.#connections.size > bounds().maxConnections + RESERVED_CONNECTIONS) {
      const longest = this.#longestWaiting((one) => one.state === 'idle' || this.#isStalled(one));
      if (longest) this.#end(longest, 'displaced');
    }
    this.#planSweep();
  }

  /** The connection is somebody else's to watch. */
  release(socket: Socket): void {
    this.#connections.delete(socket);
  }

  #request(request: IncomingMessage, response: ServerResponse, listener: RequestListener): void {
    const connection = this.#connections.get(request.socket);
    if (!connection) return listener(request, response);
    if (connection.isOpen || connection.ended) return this.#refusePipelined(connection, response);
    connection.begin(request, response, this.#ports.clock.monotonic());
    this.#open++;
    const { maxConnections } = this.#ports.bounds();
    if (this.#open > maxConnections && request.method !== 'GET' && request.method !== 'HEAD') {
      const stalled = this.#longestWaiting((one) => one.isOpen && this.#isStalled(one));
      if (!stalled) {
        this.#ports.onGuarded('full');
        const message = `${maxConnections} requests are open, as many as may be at once`;
        return void sendError(
          response,
          httpErrors.error('http.too-many-requests', message, { facts: { maxConnections } }),
        );
      }
      this.#end(stalled, 'displaced');
    }
    listener(request, response);
  }

  /** One answer at a time: else one connection could hold a queue, or fill the memory with requests that wait behind the first. */
  #refusePipelined(connection: WatchedConnection, response: ServerResponse): void {
    if (connection.ended) return void connection.socket.destroy();
    connection.ended = true;
    this.#ports.onGuarded('pipelined');
    const message = 'a second request came on the connection before the first was answered';
    response.shouldKeepAlive = false;
    sendError(response, httpErrors.error('http.pipelined', message));
  }

  /** Requests on their way that bring nothing. */
  #isStalled(one: WatchedConnection): boolean {
    return one.state === 'arriving' && this.#ports.clock.monotonic() - one.waitingSince >= STALLED_MS;
  }

  #longestWaiting(mayGo: (one: WatchedConnection) => boolean): WatchedConnection | undefined {
    const now = this.#ports.clock.monotonic();
    let longest: WatchedConnection | undefined;
    for (const one of this.#connections.values()) {
      if (one.ended) continue;
      one.look(now);
      if (mayGo(one) && (!longest || one.waitingSince < longest.waitingSince)) longest = one;
    }
    return longest;
  }

  #planSweep(): void {
    if (this.#cancelSweep || this.#connections.size === 0) return;
    this.#sweptAt = this.#ports.clock.monotonic();
    this.#cancelSweep = this.#ports.clock.after(SWEEP_MS, () => {
      this.#cancelSweep = undefined;
      this.#sweep();
      this.#planSweep();
    });
  }

  #sweep(): void {
    const { clock, bounds } = this.#ports;
    const now = clock.monotonic();
    // If this process was held up itself, clients are not to blame for all of the time.
    const passedMs = Math.min(now - this.#sweptAt, 2 * SWEEP_MS);
    const { minBytesPerSecond } = bounds();
    for (const one of this.#connections.values()) {
      const isSlow = one.charge(now, passedMs, minBytesPerSecond);
      const waitedMs = now - one.waitingSince;
      if (one.ended && !one.isOpen) one.socket.destroy();
      else if (isSlow) this.#end(one, 'slow');
      else if (one.state === 'idle' && waitedMs > KEEP_ALIVE_MS) this.#end(one, 'idle');
      else if (one.state === 'unread' && waitedMs > UNREAD_MS) this.#end(one, 'unread');
    }
  }

  /** Ends a connection, and says why if a request is on its way. */
  #end(one: WatchedConnection, reason: 'slow' | 'displaced' | 'idle' | 'unread'): void {
    this.#ports.onGuarded(reason);
    if (one.ended || one.state !== 'arriving') return void one.socket.destroy();
    const error = reason === 'slow' ? this.#tooSlow(one) : this.#displaced(one);
    one.ended = true;
    if (one.isOpen && one.response?.headersSent === false) {
      const { request, response } = one;
      response.shouldKeepAlive = false;
      // Node does not tell who reads the body that it ends after an answer.
      response.once('finish', () => request?.destroy());
      sendError(response, error);
    } else if (one.part === 'head') {
      one.socket.end(errorAnswer(error));
    } else {
      one.socket.destroy();
    }
  }

  #tooSlow({ part }: WatchedConnection): EdgeError {
    const { minBytesPerSecond } = this.#ports.bounds();
    const message = `the ${part} of the request brought less than ${minBytesPerSecond} bytes a second for ${GRACE_MS / 1_000} s`;
    return httpErrors.error('http.too-slow', message, { facts: { part, minBytesPerSecond } });
  }

  #displaced({ part, waitingSince }: WatchedConnection): EdgeError {
    const { maxConnections } = this.#ports.bounds();
    const stalledMs = Math.round(this.#ports.clock.monotonic() - waitingSince);
    const message = `the ${part} of the request had brought nothing for ${stalledMs} ms, and others needed its place`;
    return httpErrors.error('http.displaced', message, { facts: { part, stalledMs, maxConnections } });
  }
}
