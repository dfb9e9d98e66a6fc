import { chmod, lstat, rename, rm } from 'node:fs/promises';
import type { Server } from 'node:net';
import { messageOf } from '#packages/foundation';
import { httpErrors } from '../errors.ts';
import { fitsSocket, isNamedPipe, reachableSocketPath } from '../socket-path.ts';
import { listen } from './listen.ts';
import { socketAnswers } from './socket-answers.ts';

/** Read and write for owner and group: the group of the nucleus' components, and nobody else. */
const SOCKET_MODE = 0o660;

/**
 * Makes the server listen on a Unix socket or named pipe; a socket that a killed process left is replaced.
 * @param mode permissions of the socket. Default: 0660
 * @param takeOver whether a socket on which another process answers is replaced, too, in one step: each caller reaches the one or the
 * other. Default: false. Named pipes cannot be taken over
 * @returns removal of the socket; one that was taken over stays
 * @throws EdgeError `socket.in-use` if another process answers on it, `socket.foreign` if what is there is another user's, `socket.not-a-socket`, `socket.path-too-long`, `socket.failed`
 */
export async function listenOnSocket(
  server: Server,
  path: string,
  mode: number = SOCKET_MODE,
  takeOver = false,
): Promise<() => Promise<void>> {
  const address = reachableSocketPath(path);
  if (isNamedPipe(address)) {
    await listen(server, { path: address });
    return () => Promise.resolve();
  }
  await removeStale(path, address, takeOver);
  // Closing a server, libuv unlinks the path at which it was bound, whoever listens there by now: hence another name at first.
  const beside = `${address}.${process.pid.toString(36)}`;
  const bound = fitsSocket(beside) ? beside : address;
  if (bound !== address) await rm(bound, { force: true });
  else await rm(address, { force: true });
  // The mode is right from the first instant: nobody else gets in between listening and chmod.
  const before = process.umask(0o777 & ~mode);
  try {
    await listen(server, { path: bound });
  } finally {
    process.umask(before);
  }
  await chmod(bound, mode);
  const own = await lstat(bound);
  if (bound !== address) await rename(bound, address);
  return async () => {
    const found = await lstat(address).catch(() => undefined);
    if (found?.ino === own.ino && found.dev === own.dev) await rm(address, { force: true });
  };
}

async function removeStale(path: string, address: string, takeOver: boolean): Promise<void> {
  const found = await lstat(address).catch(() => undefined);
  if (!found) return;
  try {
    if (!found.isSocket()) {
      throw httpErrors.error('socket.not-a-socket', `${path} exists and is not a socket`, { facts: { path } });
    }
    if (takeOver) return;
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
