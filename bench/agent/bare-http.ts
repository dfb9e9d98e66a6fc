import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { createHttpClient } from '#packages/http';

/** A bare server with a child process: the least that asking for a model in its own process can cost in Node.js. */
export interface BareHttp {
  /** Milliseconds for a request whose body is read, and which the child answers after being busy; the busy time is taken off. */
  ask(body: Uint8Array, busyMs: number, signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

/** Reads the body, has the child be busy for the milliseconds of the path, answers a few bytes. */
const SERVER = `
  const { spawn } = require('node:child_process');
  const { Socket } = require('node:net');
  const [role, program, socket] = process.argv.slice(1);
  if (role === 'server') {
    const child = spawn(process.execPath, ['-e', program, 'child'], { stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
    const waiting = [];
    child.stdio[3].on('data', () => waiting.shift().end('{"predictions":[]}'));
    require('node:http').createServer((request, response) => {
      const body = new Uint8Array(Number(request.headers['content-length']));
      let filled = 0;
      request.on('data', (chunk) => { body.set(chunk, filled); filled += chunk.length; });
      request.on('end', () => {
        waiting.push(response);
        child.stdio[3].write(JSON.stringify({ busyMs: Number(request.url.slice(1)) }));
      });
    }).listen(socket, () => console.log('listening'));
  } else {
    const agent = new Socket({ fd: 3, readable: true, writable: true });
    agent.on('data', (question) => {
      const until = performance.now() + JSON.parse(question).busyMs;
      while (performance.now() < until);
      agent.write('{"predictions":[]}');
    });
    agent.on('close', () => process.exit());
  }
`;

export async function startBareHttp(folder: string, name: string, signal: AbortSignal): Promise<BareHttp> {
  const socketPath = path.join(folder, `${name}.sock`);
  const words = ['-e', SERVER, 'server', SERVER, socketPath];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const client = createHttpClient({ socketPath });
  const close = async (): Promise<void> => {
    client.close();
    child.kill('SIGTERM');
    await exit;
  };
  try {
    await Promise.race([once(child.stdout, 'data', { signal }), exit]);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return {
    async ask(body, busyMs, signal) {
      const startedAt = performance.now();
      const headers = { 'content-type': 'image/jpeg' };
      await client.request({ method: 'POST', path: `/${busyMs}`, body, headers, signal });
      return performance.now() - startedAt - busyMs;
    },
    close,
  };
}
