import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { createHttpClient } from '../../components/common/http/http-client.ts';
import { quantile } from './quantile.ts';

export interface BareHttpFigures {
  readonly requests: number;
  readonly p50Ms: number;
}

const WARM_UP = 100;

/** Reads the body, answers a few bytes: what HTTP over a Unix socket costs where nothing else is done. */
const SERVER = `
  require('node:http').createServer((request, response) => {
    request.on('data', () => {}).on('end', () => response.end('{"predictions":[]}'));
  }).listen(process.argv[1], () => console.log('listening'));
`;

/** The yardstick for overhead, measured in the same run: other load on the machine shows in both. */
export async function measureBareHttp(
  folder: string,
  body: Buffer,
  requests: number,
  signal: AbortSignal,
): Promise<BareHttpFigures> {
  const socketPath = path.join(folder, 'bare.sock');
  const child = spawn(process.execPath, ['-e', SERVER, socketPath], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const client = createHttpClient({ socketPath });
  try {
    await Promise.race([once(child.stdout, 'data', { signal }), exit]);
    const times: number[] = [];
    for (let n = -WARM_UP; n < requests; n++) {
      const startedAt = performance.now();
      await client.request({ method: 'POST', path: '/', body, headers: { 'content-type': 'image/jpeg' }, signal });
      if (n >= 0) times.push(performance.now() - startedAt);
    }
    return { requests, p50Ms: quantile(times, 0.5) };
  } finally {
    client.close();
    child.kill('SIGTERM');
    await exit;
  }
}
