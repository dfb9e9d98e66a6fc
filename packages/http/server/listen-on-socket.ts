import { chmod, lstat, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { messageOf } from '#packages/foundation';
import { httpErrors } from '../errors.ts';
import { isNamedPipe, reachableSocketPath } from '../socket-path.ts';
import { listen } from './listen.ts';
import { socketAnswers } from './socket-answers.ts';

/** Read and write for owner and group: the group of the nucleus' components, and nobody else. */
const SOCKET_MODE = 0o660;

/**
 * Makes the server listen on a Unix socket or named pipe; a socket that a killed process left is replaced.
 * @param mode permissions of the socket. Default: 0660
 * @returns removal of the socket
 * @throws EdgeError `socket.in-use` if another process answers on it, `socket.foreign` if what is there is another user's, `socket.not-a-socket`, `socket.path-too-long`, `socket.failed`
 */
export async function listenOnSocket(
  server: Server,
  path: string,
  mode: number = SOCKET_MODE,
): Promise<() => Promise<void>> {
  const address = reachableSocketPath(path);
  if (isNamedPipe(address)) {
    await listen(server, { path: address });
    return () => Promise.resolve();
  }
  await removeStale(path, address);
  // The mode is right from the first instant: nobody else gets in between listening and chmod.
  const before = process.umask(0o777 & ~mode);
  try {
    await listen(server, { path: address });
  } finally {
    process.umask(before);
  }
  await chmod(address, mode);
  return () => rm(address, { force: true });
}

async function removeStale(path: string, address: string): Promise<void> {
  const found = await lstat(address).catch(() => undefined);
  if (!found) return;
  try {
    if (!found.isSocket()) {
      throw httpErrors.error('socket.not-a-socket', `${path} exists and is not a socket`, { facts: { path } });
    }
    if (await socketAnswers(address)) {
      throw httpErrors.error('socket.in-use', `another process listens on ${path}`, { facts: { path } });
    }
    await rm(address, { force: true });
  } catch (cause) {
    const user = process.geteuid?.();
    if (user === undefined || found.uid === user) throw cause;
    // Clients that look here find somebody else: worth another word than a process that was started twice.
    const message = `${path} belongs to the user ${found.uid} and cannot be replaced by the user ${user}: ${messageOf(cause)}`;
    throw httpErrors.error('socket.foreign', message, { cause, facts: { path, owner: found.uid, user } });
  }
}
