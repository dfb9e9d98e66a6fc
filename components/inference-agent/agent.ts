import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

import { systemClock } from '../common/clock/clock.ts';
import { readEnvironment } from '../common/env.ts';
import { connectIpc } from '../common/ipc/connect-ipc.ts';
import { untilAnswered } from '../common/ipc/until-answered.ts';
import { levelSwitch } from '../common/log/level-switch.ts';
import { createLogger } from '../common/log/logger.ts';
import { startAgent } from './assembly/start-agent.ts';
import { BufferPool } from './buffers/buffer-pool.ts';
import { ThreadRegister } from './generation/thread-register.ts';
import { workerGenerations } from './generation/worker-generation.ts';
import { COMPONENT, LiveConfiguration } from './settings/live-configuration.ts';
import { endWith } from './assembly/end-process.ts';

/**
 * Entry point of the bundle `agent.js`: the component `edgeml.InferenceAgent`. Started by hand, without a nucleus, it takes its
 * configuration from the JSON file that `--configuration` names, else its defaults.
 */
async function main(): Promise<void> {
  const environment = readEnvironment();
  const { log, setLevel } = levelSwitch(createLogger({ name: COMPONENT, level: 'debug' }));
  const threads = new ThreadRegister();
  const end = endWith(log, threads);
  const ipc = connectIpc({ component: COMPONENT, environment, log, onGiveUp: (error) => end(1, error) });
  end.before(() => ipc.close());
  const nucleus = environment.ipcToken !== undefined && environment.ipcSocket !== undefined;
  if (!nucleus) log.warn({ reason: 'no nucleus started this process (SVCUID is not set)' }, 'ipc.off');
  try {
    await untilAnswered(() => ipc.ready(), log);
    const settings = nucleus ? untilAnswered(() => ipc.getConfiguration([]), log) : fileConfiguration();
    const configuration = new LiveConfiguration(await settings, log);
    setLevel(configuration.current.LogLevel);
    const workFolder = process.cwd();
    const buffers = new BufferPool();
    const agent = await startAgent({
      workFolder,
      configuration,
      ipc,
      thing: environment.thingName,
      platform: { cores: availableParallelism(), providers: environment.providers },
      buffers,
      openGeneration: workerGenerations({
        clock: systemClock,
        buffers,
        threads,
        workerFile: join(dirname(process.argv[1] ?? ''), 'generation-worker.js'),
        cacheDir: join(workFolder, 'cache'),
      }),
      clock: systemClock,
      log,
      setLogLevel: setLevel,
    });
    end.before((timeoutMs) => agent.close(timeoutMs));
  } catch (error) {
    end(1, error);
  }
}

async function fileConfiguration(): Promise<unknown> {
  const { values } = parseArgs({ options: { configuration: { type: 'string' } } });
  return values.configuration === undefined ? {} : JSON.parse(await readFile(values.configuration, 'utf8'));
}

void main();
