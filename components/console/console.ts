import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLogger, levelSwitch, readEnvironment, systemClock } from '#packages/foundation';
import { connectIpc, untilAnswered } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import { COMPONENT } from './config.ts';
import { openDevice } from './device/device.ts';
import { startConsole } from './start-console.ts';
import type { RunningConsole } from './start-console.ts';

/** The nucleus kills a component that has not ended 5 s after SIGTERM. */
const STOP_LIMIT_MS = 4_000;

/**
 * Entry point of the bundle `console.js`: the component `edgeml.Console`. Started by hand, without a nucleus, it takes its configuration from
 * the JSON file that `--configuration` names, else its defaults.
 */
async function main(): Promise<void> {
  const environment = readEnvironment();
  const { log, setLevel } = levelSwitch(createLogger({ name: COMPONENT, level: 'debug' }));
  const end = (exitCode: number, error?: unknown): never => {
    if (error !== undefined) log.error({ error, exitCode }, 'console.ended');
    process.exit(exitCode);
  };
  process.on('uncaughtException', (error) => end(1, error));
  process.on('unhandledRejection', (error) => end(1, error));
  const ipc = connectIpc({ component: COMPONENT, environment, log, onGiveUp: (error) => end(1, error) });
  const running: { console?: RunningConsole } = {};
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      setTimeout(() => end(0), STOP_LIMIT_MS).unref();
      void (running.console?.close() ?? Promise.resolve()).then(() => ipc.close()).finally(() => end(0));
    });
  }
  await untilAnswered(() => ipc.ready(), log);
  const hasNucleus = environment.ipcToken !== undefined && environment.ipcSocket !== undefined;
  running.console = await startConsole({
    ipc: hasNucleus ? ipc : await withConfigurationFile(ipc),
    device: openDevice(environment),
    thing: environment.thingName,
    workFolder: process.cwd(),
    page: join(import.meta.dirname, 'page'),
    clock: systemClock,
    log,
    setLogLevel: setLevel,
  });
}

async function withConfigurationFile(ipc: IpcSession): Promise<IpcSession> {
  const { values } = parseArgs({ options: { configuration: { type: 'string' } } });
  const configuration: unknown =
    values.configuration === undefined ? {} : JSON.parse(await readFile(values.configuration, 'utf8'));
  return { ...ipc, getConfiguration: async () => configuration };
}

void main();
