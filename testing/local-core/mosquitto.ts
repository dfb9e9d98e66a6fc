import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../process/child.ts';
import { freePort } from '../process/free-port.ts';

/** A broker that a test can stop and start again on the same port. */
export interface TestBroker {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const PATHS = `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/local/sbin`;

/** Debian's mosquitto on its own port. */
export async function startMosquitto(port?: number): Promise<TestBroker> {
  const chosen = port ?? (await freePort());
  const folder = await mkdtemp(join(tmpdir(), 'mosquitto-'));
  const configuration = join(folder, 'mosquitto.conf');
  // As root mosquitto gives up its rights; the user who starts it keeps the file readable.
  await writeFile(
    configuration,
    `listener ${chosen} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest stderr\nuser root\n`,
  );
  const child = new Child('mosquitto', ['-c', configuration], { environment: { PATH: PATHS } });
  await child.line(/mosquitto version .* running/);
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await child.end();
    await rm(folder, { recursive: true, force: true });
  };
  return { port: chosen, url: `mqtt://127.0.0.1:${chosen}`, close: () => (closing ??= close()) };
}
