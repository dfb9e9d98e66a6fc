import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Interface } from 'node:readline';

/** A broker that a test can stop and start again on the same port. */
export interface TestBroker {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const PATHS = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;

/** Debian's mosquitto on a port of its own. */
export async function startMosquitto(port?: number): Promise<TestBroker> {
  const chosen = port ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), 'mosquitto-'));
  const configuration = join(folder, 'mosquitto.conf');
  // As root mosquitto gives up its rights; the user who starts it keeps the file readable.
  await writeFile(
    configuration,
    `listener ${chosen} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest stderr\nuser root\n`,
  );
  const child = spawn('mosquitto', ['-c', configuration], {
    env: { PATH: PATHS },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  await ready(createInterface(child.stderr));
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  return { port: chosen, url: `mqtt://127.0.0.1:${chosen}`, close: () => (closing ??= close()) };
}

/** Resolves at the line that mosquitto writes when it listens; reads on, so that the pipe never fills. */
function ready(lines: Interface): Promise<void> {
  const seen: string[] = [];
  return new Promise((resolve, reject) => {
    lines.on('line', (line) => {
      if (/mosquitto version .* running/.test(line)) resolve();
      else if (seen.length < 20) seen.push(line);
    });
    lines.on('close', () => reject(new Error(`mosquitto ended before it was ready: ${seen.join(' | ')}`)));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
