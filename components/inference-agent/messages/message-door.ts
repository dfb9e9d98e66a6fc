import type { Socket } from 'node:net';
import type { Clock, EdgeError } from '#packages/foundation';
import { cameBySecondPath, errorAnswer, MESSAGES_PATH, MESSAGES_PROTOCOL } from '#packages/http';
import type { ConnectionBounds, GuardReason, OtherProtocol } from '#packages/http';
import { agentErrors } from '../errors.ts';
import { MessageConnection } from './message-connection.ts';
import type { MessagePorts } from './message-connection.ts';
import { WatchedMessages } from './watched-messages.ts';

interface MessageDoorOptions extends MessagePorts {
  readonly clock: Clock;
  readonly bounds: () => Pick<ConnectionBounds, 'minBytesPerSecond'>;
  readonly onGuarded: (reason: GuardReason) => void;
}

const SWEEP_MS = 1_000;
const MAX_GREETING_BYTES = 8 * 1024;
const GREETING_MS = 10_000;
const HEAD_END = '\r\n\r\n';
const WELCOME = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${MESSAGES_PROTOCOL}${HEAD_END}`;

/** Requests for inference as plain messages, on connections of the socket for HTTP whose first request asks for them by `Upgrade`. */
export function messageDoor(options: MessageDoorOptions): OtherProtocol {
  const { clock, bounds, onGuarded } = options;
  const watched = new Set<WatchedMessages>();
  let isClosing = false;
  let cancelSweep: (() => void) | undefined;

  function sweep(): void {
    cancelSweep = clock.after(SWEEP_MS, sweep);
    for (const one of watched) {
      const reason = one.look(clock.monotonic(), bounds().minBytesPerSecond);
      if (reason) onGuarded(reason);
    }
  }

  function watch(socket: Socket, connection: MessageConnection): void {
    const one = new WatchedMessages(socket, connection, clock.monotonic());
    watched.add(one);
    cancelSweep ??= clock.after(SWEEP_MS, sweep);
    socket.once('close', () => {
      watched.delete(one);
      if (watched.size > 0) return;
      cancelSweep?.();
      cancelSweep = undefined;
    });
    if (isClosing) connection.close();
  }

  return {
    // Behind it comes a blank or the query, and no other route begins so.
    preface: `GET ${MESSAGES_PATH}`,
    take(socket) {
      let greeting = '';
      const cancelTimer = clock.after(GREETING_MS, () => socket.destroy());
      const onData = (bytes: Buffer): void => {
        greeting += bytes.toString('latin1');
        const end = greeting.indexOf(HEAD_END);
        if (end < 0 && greeting.length <= MAX_GREETING_BYTES) return;
        socket.off('data', onData);
        cancelTimer();
        if (!ASKS.test(greeting.slice(0, end + 2))) return void socket.end(errorAnswer(upgradeRequired()));
        socket.write(WELCOME);
        const connection = new MessageConnection(
          socket,
          options,
          cameBySecondPath({ socket }) ? 'SocketFolder' : 'agent.sock',
        );
        watch(socket, connection);
        socket.on('data', (more: Buffer) => connection.push(more));
        const rest = greeting.slice(end + HEAD_END.length);
        if (rest !== '') connection.push(Buffer.from(rest, 'latin1'));
      };
      socket.once('close', cancelTimer);
      socket.on('data', onData);
      return Promise.resolve();
    },
    async close(timeoutMs) {
      isClosing = true;
      const ends = [...watched].map((one) => one.close(timeoutMs, clock));
      await Promise.all(ends);
    },
  };
}

/** The first request of a connection, in which a client says that it will speak in messages from here on. */
const ASKS = new RegExp(`^GET ${MESSAGES_PATH} HTTP/1\\.1\r\n(?:.*\r\n)*upgrade: *${MESSAGES_PROTOCOL} *\r\n`, 'i');

export function upgradeRequired(): EdgeError {
  const message = `${MESSAGES_PATH} is for connections whose first request has "Upgrade: ${MESSAGES_PROTOCOL}"`;
  return agentErrors.error('http.upgrade-required', message);
}
