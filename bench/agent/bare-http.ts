import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { quantile } from '#packages/foundation';
import { createHttpClient } from '#packages/http';

export interface BareHttpFigures {
  readonly requests: number;
  /** A server that reads the body and answers at once. */
  readonly p50Ms: number;
  /** The same with a hand-over to a worker thread that is busy for as long as a model; its busy time is taken off. */
  readonly withWorkerP50Ms: number;
}

const WARM_UP = 100;

/** Reads the body, has a worker be busy for the milliseconds of the path, answers a few bytes. */
const SERVER = `
  const { isMainThread, parentPort, Worker } = require('node:worker_threads');
  if (isMainThread) {
    const worker = new Worker(process.argv[1], { eval: true, argv: [process.argv[1]] });
    const waiting = [];
    worker.on('message', () => waiting.shift().end('{"predictions":[]}'));
    require('node:http').createServer((request, response) => {
      const body = new Uint8Array(Number(request.headers['content-length']));
      let filled = 0;
      request.on('data', (chunk) => { body.set(chunk, filled); filled += chunk.length; });
      request.on('end', () => {
        const busyMs = Number(request.url.slice(1));
        if (busyMs === 0) return response.end('{"predictions":[]}');
        waiting.push(response);
        worker.postMessage({ body, busyMs }, [body.buffer]);
      });
    }).listen(process.argv[2], () => console.log('listening'));
  } else {
    parentPort.on('message', ({ body, busyMs }) => {
      const until = performance.now() + busyMs;
      while (performance.now() < until);
      parentPort.postMessage(body, [body.buffer]);
    });
  }
`;

/** The yardstick for overhead, measured in the same run: other load on the machine shows in both. */
export async function measureBareHttp(
  folder: string,
  body: Buffer,
  requests: number,
  busyMs: number,
  signal: AbortSignal,
): Promise<BareHttpFigures> {
  const socketPath = path.join(folder, 'bare.sock');
  const child = spawn(process.execPath, ['-e', SERVER, SERVER, socketPath], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const client = createHttpClient({ socketPath });
  const p50 = async (ms: number): Promise<number> => {
    const times: number[] = [];
    for (let n = -WARM_UP; n < requests; n++) {
      const startedAt = performance.now();
      const headers = { 'content-type': 'image/jpeg' };
      await client.request({ method: 'POST', path: `/${ms}`, body, headers, signal });
      if (n >= 0) times.push(performance.now() - startedAt - ms);
    }
    return quantile(times, 0.5);
  };
  try {
    await Promise.race([once(child.stdout, 'data', { signal }), exit]);
    return { requests, p50Ms: await p50(0), withWorkerP50Ms: await p50(busyMs) };
  } finally {
    client.close();
    child.kill('SIGTERM');
    await exit;
  }
}
