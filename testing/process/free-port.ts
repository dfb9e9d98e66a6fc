import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { isFirstIn } from './once-per-run.ts';

/** Below the ports that systems hand out by themselves (Linux from 32768 on), so that no connection takes it meanwhile. */
const RANGE = [20_000, 32_000] as const;

/**
 * A TCP port of the loopback that is free, and that no other test of the run is given: for programs that cannot be told to take any,
 * and for a place that nobody answers at.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...RANGE);
    if ((await isFirstIn('ports', String(port))) && (await isFree(port))) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(false) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
