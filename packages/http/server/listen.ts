import type { ListenOptions, Server } from 'node:net';
import { messageOf } from '#packages/foundation';
import { httpErrors } from '../errors.ts';

/** Resolves when the server listens. @throws EdgeError `socket.failed` */
export function listen(server: Server, where: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const address = where.path ?? `${where.host}:${where.port}`;
      reject(httpErrors.error('socket.failed', `cannot listen on ${address}: ${messageOf(cause)}`, { cause }));
    });
    server.listen(where, resolve);
  });
}
