import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLogger, levelSwitch, readEnvironment, systemClock } from '#packages/foundation';
import type { Environment, Logger } from '#packages/foundation';
import { createAgentClient, createFeedbackClient } from '#packages/http';
import { connectIpc, offlineIpc, untilAnswered } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import { appErrors } from './errors.ts';
import { InferenceApp } from './inference-app.ts';
import { COMPONENT } from './read-configuration.ts';

/** The nucleus kills what has not ended 5 s after SIGTERM. */
const STOP_LIMIT_MS = 4_000;

/**
 * Entry point of the bundle `app.js`: the component `edgeml.InferenceApp`. Started by hand, without a nucleus, it takes its
 * configuration from the JSON file that `--configuration` names, else its defaults, and its results go to the log.
 */
async function main(): Promise<void> {
  const { log, setLevel } = levelSwitch(createLogger({ name: COMPONENT, level: 'debug' }));
  const end = (exitCode: number, thrown?: unknown): never => {
    if (thrown !== undefined) log.error({ error: thrown, exitCode }, 'app.ended');
    process.exit(exitCode);
  };
  process.on('uncaughtException', (thrown) => end(1, thrown));
  process.on('unhandledRejection', (thrown) => end(1, thrown));
  try {
    const environment = readEnvironment();
    const ipc = await sessionOf(environment, log, (thrown) => end(1, thrown));
    const agent = createAgentClient({ socketPath: socketOf(environment), messages: true });
    const { feedbackSocket } = environment;
    const feedback = feedbackSocket === undefined ? undefined : createFeedbackClient({ socketPath: feedbackSocket });
    const running: { app?: InferenceApp } = {};
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      process.once(name, () => {
        setTimeout(() => end(0), STOP_LIMIT_MS).unref();
        if (running.app) void running.app.stop();
        else end(0);
      });
    }
    await untilAnswered(() => ipc.ready(), log);
    running.app = await InferenceApp.start({
      ipc,
      agent,
      feedback,
      thing: environment.thingName,
      workFolder: process.cwd(),
      sampleImages: join(dirname(process.argv[1] ?? ''), 'sample_images'),
      clock: systemClock,
      random: Math.random,
      log,
      setLogLevel: setLevel,
    });
    const exitCode = await running.app.finished;
    agent.close();
    feedback?.close();
    await ipc.close();
    end(exitCode);
  } catch (thrown) {
    end(1, thrown);
  }
}

async function sessionOf(
  environment: Environment,
  log: Logger,
  onGiveUp: (thrown: unknown) => void,
): Promise<IpcSession> {
  const hasNucleus = environment.ipcToken !== undefined && environment.ipcSocket !== undefined;
  if (hasNucleus) return connectIpc({ component: COMPONENT, environment, log, onGiveUp });
  log.warn({ reason: 'no nucleus started this process (SVCUID is not set)' }, 'ipc.off');
  const { values } = parseArgs({ options: { configuration: { type: 'string' } } });
  const configuration: unknown =
    values.configuration === undefined ? {} : JSON.parse(await readFile(values.configuration, 'utf8'));
  return { ...offlineIpc(), getConfiguration: async () => configuration };
}

function socketOf({ agentSocket }: Environment): string {
  if (agentSocket !== undefined) return agentSocket;
  throw appErrors.error('app.no-agent-socket', 'EDGEML_AGENT_SOCKET is not set: the agent cannot be found');
}

void main();
