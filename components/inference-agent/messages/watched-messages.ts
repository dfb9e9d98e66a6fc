import type { Socket } from 'node:net';
import type { Clock } from '#packages/foundation';
import { GRACE_MS, httpErrors, KEEP_ALIVE_MS, UNREAD_MS } from '#packages/http';
import type { GuardReason } from '#packages/http';
import type { MessageConnection } from './message-connection.ts';

/** A connection of messages, and how long its client has kept the agent waiting: the bounds are those of connections by HTTP. */
export class WatchedMessages {
  readonly #socket: Socket;
  readonly #connection: MessageConnection;
  #lookedAt: number;
  #seenBytes = 0;
  #creditMs = GRACE_MS;
  #idleMs = 0;
  #unreadMs = 0;

  constructor(socket: Socket, connection: MessageConnection, now: number) {
    this.#socket = socket;
    this.#connection = connection;
    this.#lookedAt = now;
  }

  /** Ends it if its client is too slow, asks nothing any more, or does not take its answers. @returns why it was ended */
  look(now: number, minBytesPerSecond: number): GuardReason | undefined {
    const passedMs = now - this.#lookedAt;
    this.#lookedAt = now;
    const bytes = this.#socket.bytesRead - this.#seenBytes;
    this.#seenBytes += bytes;
    const isUnread = this.#socket.writableNeedDrain;
    const isArriving = this.#connection.isArriving && !isUnread;
    const earnedMs = minBytesPerSecond === 0 ? passedMs : (1_000 * bytes) / minBytesPerSecond;
    this.#creditMs = isArriving ? Math.min(GRACE_MS, this.#creditMs - passedMs + earnedMs) : GRACE_MS;
    this.#idleMs = this.#connection.isIdle && bytes === 0 ? this.#idleMs + passedMs : 0;
    this.#unreadMs = isUnread ? this.#unreadMs + passedMs : 0;
    if (this.#creditMs <= 0) {
      const message = `a message brought less than ${minBytesPerSecond} bytes a second for ${GRACE_MS / 1_000} s`;
      this.#connection.end(httpErrors.error('http.too-slow', message, { facts: { part: 'body', minBytesPerSecond } }));
      return 'slow';
    }
    if (this.#unreadMs > UNREAD_MS) {
      this.#socket.destroy();
      return 'unread';
    }
    if (this.#idleMs <= KEEP_ALIVE_MS) return undefined;
    this.#connection.close();
    return 'idle';
  }

  /** Lets what is open be answered for `timeoutMs`. */
  async close(timeoutMs: number, clock: Clock): Promise<void> {
    if (this.#socket.destroyed) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    const cancel = clock.after(timeoutMs, () => this.#socket.destroy());
    this.#connection.close();
    await closed;
    cancel();
  }
}
