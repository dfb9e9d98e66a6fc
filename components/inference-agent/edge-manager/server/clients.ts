import type { Socket } from 'node:net';
import { peerProcess } from '#packages/posix';

/** A program that calls. */
export interface Client {
  /** Tells it from other programs; the same after a restart of the program. */
  readonly key: string;
  /** E.g. `python3 /opt/app/main.py`, or the name that its gRPC library sends. */
  readonly program: string;
  readonly pid?: number;
  /** Its user. */
  readonly uid?: number;
}

/**
 * The programs on the other ends of connections. gRPC tells calls apart by the address of their peer only, and peers on a Unix
 * socket do not have one: here each connection gets a number in its place.
 */
export class Clients {
  readonly #sockets = new Map<string, Socket>();
  readonly #known = new Map<string, Client>();
  #count = 0;

  /** To be called before gRPC sees the connection. */
  enter(socket: Socket): void {
    const address = `connection-${++this.#count}`;
    Object.defineProperty(socket, 'remoteAddress', { value: address });
    this.#sockets.set(address, socket);
    socket.once('close', () => {
      this.#sockets.delete(address);
      this.#known.delete(address);
    });
  }

  /** @param address of the peer, as gRPC tells it */
  of(address: string, userAgent: string): Client {
    const known = this.#known.get(address) ?? clientOf(this.#sockets.get(address), userAgent);
    if (this.#sockets.has(address)) this.#known.set(address, known);
    return known;
  }
}

function clientOf(socket: Socket | undefined, userAgent: string): Client {
  const fd = descriptorOf(socket);
  const peer = fd === undefined ? undefined : peerProcess(fd);
  const program = peer?.command ?? (userAgent || 'unknown');
  if (!peer) return { key: program, program };
  return { key: `${peer.uid} ${peer.command ?? `${peer.pid} ${userAgent}`}`, program, pid: peer.pid, uid: peer.uid };
}

/** Node.js does not have a public way to it. */
function descriptorOf(socket: Socket | undefined): number | undefined {
  const fd = (socket as { readonly _handle?: { readonly fd?: number } | null } | undefined)?._handle?.fd;
  return fd !== undefined && fd >= 0 ? fd : undefined;
}
