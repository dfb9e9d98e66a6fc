import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Another protocol on the connections of an HTTP/1.1 server, told by how its connections begin. */
export interface OtherProtocol {
  /** First bytes of each of its connections; no request that a route answers begins so. */
  readonly preface: string;
  /** Nothing is read from the connection until it resolves; if it rejects, the connection is closed. */
  take(socket: Socket): Promise<void>;
  /** Takes no new requests, lets those that are being answered finish for `timeoutMs`. */
  close(timeoutMs: number): Promise<void>;
}

/** The server's view of connections that have not said which protocol they speak. */
interface Door {
  /** Connections that the other protocol may have at once. */
  maxConnections(): number;
  /** The connection is there and has said nothing yet. */
  accepted(socket: Socket): void;
  /** The connection is the other protocol's from now on. */
  handedOver(socket: Socket): void;
}

/** Hands each connection to the protocol that it speaks, once its first bytes have said which; nothing of them is lost. */
export function byProtocol(server: Server, others: readonly OtherProtocol[], door: Door): (socket: Socket) => void {
  const taken = new Set<Socket>();
  return (socket) => {
    door.accepted(socket);
    const onError = (): void => void socket.destroy();
    socket.on('error', onError);
    let head = Buffer.alloc(0);
    const onData = (bytes: Buffer): void => {
      head = Buffer.concat([head, bytes]);
      const start = head.toString('latin1');
      const other = others.find(({ preface }) => start.startsWith(preface));
      if (!other && others.some(({ preface }) => preface.startsWith(start))) return;
      socket.pause();
      socket.off('data', onData);
      socket.off('end', onEnd);
      socket.unshift(head);
      // Only in the next turn: until then the server that takes the connection is still adding its listeners.
      const goOn = (): void => process.nextTick(() => socket.resume());
      if (other) {
        door.handedOver(socket);
        if (taken.size >= door.maxConnections()) return void socket.destroy();
        taken.add(socket);
        socket.once('close', () => taken.delete(socket));
        // Half a connection is of no use to it.
        socket.allowHalfOpen = false;
        other.take(socket).then(goOn, onError);
      } else {
        socket.off('error', onError);
        server.emit('connection', socket);
        goOn();
      }
    };
    const onEnd = (): void => void socket.destroy();
    socket.on('data', onData);
    socket.on('end', onEnd);
  };
}
