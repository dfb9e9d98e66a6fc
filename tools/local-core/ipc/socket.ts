import { chmod, unlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { relative } from 'node:path';
import { messageOf } from '#packages/foundation';
import { ipcErrors } from './errors.ts';

/** `sun_path` less its closing zero: 108 bytes on Linux, 104 on macOS (unix(7)). */
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

export interface SocketListener {
  /** Stops listening and removes the socket file; idempotent. Open connections are the caller's. */
  close(): Promise<void>;
}

/**
 * Listens on a Unix socket, in place of one that a dead process left. A path too long for the system is reached from
 * the working directory. Throws `ipc-server.socket-in-use`, `.socket-path-too-long`, `.listen-failed`.
 */
export async function listenOnSocket(path: string, onConnection: (socket: Socket) => void): Promise<SocketListener> {
  const usable = usablePath(path);
  await removeStale(usable, path);
  const server = createServer(onConnection);
  await listen(server, usable, path);
  // Components may run as other users; as in the nucleus the token is the gate.
  await chmod(usable, 0o666);
  let closing: Promise<void> | undefined;
  return {
    close: () => (closing ??= new Promise((resolve) => void server.close(() => resolve()))),
  };
}

function usablePath(path: string): string {
  const candidates = [path, relative(process.cwd(), path)];
  const usable = candidates.find((candidate) => Buffer.byteLength(candidate) <= MAX_SOCKET_PATH_BYTES);
  if (usable !== undefined) return usable;
  throw ipcErrors.error(
    'ipc-server.socket-path-too-long',
    `the socket path ${path} has ${Buffer.byteLength(path)} bytes; the system allows ${MAX_SOCKET_PATH_BYTES}`,
  );
}

async function removeStale(usable: string, path: string): Promise<void> {
  const state = await probe(usable);
  if (state === 'served') {
    throw ipcErrors.error('ipc-server.socket-in-use', `another process already serves ${path}`);
  }
  if (state === 'stale') await unlink(usable);
}

function probe(path: string): Promise<'absent' | 'stale' | 'served'> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve('served');
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ENOENT' ? 'absent' : 'stale'));
  });
}

function listen(server: Server, usable: string, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const message = `cannot listen on ${path}: ${messageOf(error)}`;
      reject(ipcErrors.error('ipc-server.listen-failed', message, { cause: error }));
    });
    server.listen(usable, resolve);
  });
}
