import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '#packages/foundation';
import { offlineIpc } from '#packages/ipc';
import { openDevice } from '../../components/console/device/device.ts';
import { startConsole } from '../../components/console/start-console.ts';
import type { RunningConsole } from '../../components/console/start-console.ts';

/** The token in the folders of `consoleFolder`. */
export const TOKEN = 'a-token-of-the-test-0123';

/** A new work folder for a console, with the files of a page and the token. The caller removes it. */
export async function consoleFolder(): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'edgeml-console-'));
  await mkdir(join(work, 'page'));
  for (const file of ['index.html', 'page.js', 'page.css', 'icon.svg']) await writeFile(join(work, 'page', file), file);
  await writeFile(join(work, 'token'), `${TOKEN}\n`);
  return work;
}

/** Starts the console in this process, on a free port; the agent's socket is `agent.sock` of the work folder, if one is there. */
export function startInProcessConsole(work: string, configuration: object): Promise<RunningConsole> {
  return startConsole({
    ipc: { ...offlineIpc(), getConfiguration: async () => ({ Port: 0, ...configuration }) },
    device: openDevice({ agentSocket: join(work, 'agent.sock'), appSocket: undefined, feedbackSocket: undefined }),
    thing: 'gate-7',
    workFolder: work,
    page: join(work, 'page'),
    clock: systemClock,
    log: silentLogger,
    setLogLevel: () => undefined,
  });
}
