import { join } from 'node:path';
import { createLogger, levelSwitch, readEnvironment, systemClock } from '#packages/foundation';
import { connectIpc, untilAnswered } from '#packages/ipc';
import { COMPONENT } from './config.ts';
import { openDevice } from './device/device.ts';
import { startConsole } from './start-console.ts';
import type { RunningConsole } from './start-console.ts';

/** The nucleus kills a component that has not ended 5 s after SIGTERM. */
const STOP_LIMIT_MS = 4_000;

/** Entry point of the bundle `console.js`: the component `edgeml.Console`. */
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
  running.console = await startConsole({
    ipc,
    device: openDevice(environment),
    thing: environment.thingName,
    workFolder: process.cwd(),
    page: join(import.meta.dirname, 'page'),
    clock: systemClock,
    log,
    setLogLevel: setLevel,
  });
}

void main();
