import type { Server } from '@grpc/grpc-js';
import type { Clock } from '#packages/foundation';

/** Takes no new calls, and lets those that run finish for `timeoutMs`. */
export function shutDown(server: Server, clock: Clock, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, () => {
      server.forceShutdown();
      resolve();
    });
    server.tryShutdown(() => {
      cancel();
      resolve();
    });
  });
}
