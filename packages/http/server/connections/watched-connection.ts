import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * `idle`: nothing was asked that is not answered. `arriving`: a request has begun and is not complete. `answering`: it is, and
 * its answer is being made. `unread`: the answer is made, and the client does not take it.
 */
export type ConnectionState = 'idle' | 'arriving' | 'answering' | 'unread';

/** How long a request may bring nothing, in ms. A body faster than the least rate earns this much time at most. */
export const GRACE_MS = 3_000;

/** One connection, and how long its client has kept the server waiting. */
export class WatchedConnection {
  readonly socket: Socket;
  /** Monotonic time since when its client does nothing. */
  waitingSince: number;
  /** It was told why it ends; what is left is to flush that. */
  ended = false;
  request: IncomingMessage | undefined;
  response: ServerResponse | undefined;
  #seenBytes = 0;
  /** Bytes of requests that are over. */
  #pastBytes = 0;
  #creditMs = GRACE_MS;
  readonly #over: () => void;
  readonly #answered: () => void;

  /** @param onAnswered told whenever an answer is out, or never will be */
  constructor(socket: Socket, now: number, onAnswered: () => void) {
    this.socket = socket;
    this.waitingSince = now;
    // Made once for all requests of the connection: they cost each of them.
    this.#over = () => (this.#pastBytes = socket.bytesRead);
    this.#answered = () => {
      this.#over();
      onAnswered();
    };
  }

  /** A request whose head is there. */
  begin(request: IncomingMessage, response: ServerResponse, now: number): void {
    this.request = request;
    this.response = response;
    this.#over();
    request.once('close', this.#over);
    response.once('close', this.#answered);
    this.#seenBytes = this.#pastBytes;
    this.waitingSince = now;
    this.#creditMs = GRACE_MS;
  }

  get state(): ConnectionState {
    if (this.request?.complete === false) return 'arriving';
    if (this.isOpen) return this.response?.writableEnded ? 'unread' : 'answering';
    return this.socket.bytesRead > this.#pastBytes ? 'arriving' : 'idle';
  }

  /** Whether the last request's answer is not out yet. */
  get isOpen(): boolean {
    return this.response !== undefined && !this.response.writableFinished && !this.response.destroyed;
  }

  /** The part of a request that is on its way. */
  get part(): 'head' | 'body' {
    return this.request?.complete === false ? 'body' : 'head';
  }

  /** Takes note of what came since the last time. @returns its bytes */
  look(now: number): number {
    const { bytesRead } = this.socket;
    const bytes = bytesRead - this.#seenBytes;
    this.#seenBytes = bytesRead;
    if (bytes > 0 || this.#waitsForUs) this.waitingSince = now;
    return bytes;
  }

  /**
   * Takes the time that passed from the credit of a request on its way, and adds what its bytes earned.
   * @param minBytesPerSecond 0: any rate will do
   * @returns whether it came too slowly for too long
   */
  charge(now: number, passedMs: number, minBytesPerSecond: number): boolean {
    const bytes = this.look(now);
    if (this.state !== 'arriving' || this.#waitsForUs || minBytesPerSecond === 0) {
      this.#creditMs = GRACE_MS;
      return false;
    }
    this.#creditMs = Math.min(GRACE_MS, this.#creditMs - passedMs + (1_000 * bytes) / minBytesPerSecond);
    return this.#creditMs <= 0;
  }

  /** Bytes that are read and not taken are not the client's fault, nor is an answer that is being made. */
  get #waitsForUs(): boolean {
    return this.state === 'answering' || (this.request?.complete === false && this.request.readableLength > 0);
  }
}
