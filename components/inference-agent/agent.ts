import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import {
  childEnvironment,
  createLogger,
  disableOnnxTelemetry,
  levelSwitch,
  LogFile,
  messageOf,
  readEnvironment,
  systemClock,
} from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { connectIpc, untilAnswered } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import { s3ObjectStore, tokenExchangeCredentials } from '#packages/object-store';
import { availableMemory, limitDescriptors } from '#packages/posix';
import { announcedEndpoint } from './assembly/announced-endpoint.ts';
import { deviceCredentials } from './assembly/device-credentials.ts';
import { INFERENCE_SOCKET } from './assembly/open-sockets.ts';
import { startAgent } from './assembly/start-agent.ts';
import type { Agent } from './assembly/agent.ts';
import { BufferPool } from './buffers/buffer-pool.ts';
import { claimSocket, parseCommandLine, withCommandLine } from './edge-manager/start/command-line.ts';
import type { CommandLine } from './edge-manager/start/command-line.ts';
import { FrameMemory } from './frames/frame-memory.ts';
import { ModelCaches } from './instance/cache/model-caches.ts';
import { InputsAtWork } from './killer-inputs/inputs-at-work.ts';
import { findPredecessor, fitsBeside } from './handover/predecessor.ts';
import type { Predecessor } from './handover/predecessor.ts';
import { standBy } from './handover/standby.ts';
import { supervision } from './handover/supervision.ts';
import { KillerInputs } from './killer-inputs/killer-inputs.ts';
import { ExecutorQuota } from './instance/executor-quota.ts';
import { InstanceGroups } from './instance/process/instance-groups.ts';
import { processExecutors } from './instance/process/model-process.ts';
import { ThreadRegister } from './instance/thread/thread-register.ts';
import { threadExecutors } from './instance/thread/worker-thread.ts';
import { workerInstances } from './instance/worker-instance.ts';
import { EdgeManagerOverlay } from './settings/edge-manager-overlay.ts';
import { COMPONENT, LiveConfiguration, logLevel } from './settings/live-configuration.ts';
import { fromOldAgentFile } from './settings/old-agent-file.ts';
import type { OldAgentFile } from './settings/old-agent-file.ts';
import { platformLadder } from './settings/platform-ladder.ts';
import { trustOf } from './assembly/agent-policy.ts';
import { bootOfMachine, HashedBefore } from './trust/hashed-before.ts';
import { packageKeys } from './trust/package-keys.ts';
import { verifyRuntime } from './trust/verify-runtime.ts';
import { endWith } from './assembly/end-process.ts';

/** For requests that run on sockets which close when the agent is stopped: activations, calls by gRPC. */
const STAND_BY_MS = 1_000;

/**
 * Entry point of the bundle `agent.js`: the component `edgeml.InferenceAgent`. Started by hand, without a nucleus, it takes its
 * configuration from the JSON file that `--configuration` names, also one of the old agent, else its defaults; see `CommandLine`.
 */
async function main(): Promise<void> {
  disableOnnxTelemetry();
  const environment = readEnvironment();
  let logFile: LogFile | undefined;
  const copy = (line: string): void => logFile?.write(line);
  const { log, setLevel } = levelSwitch(createLogger({ name: COMPONENT, level: 'debug', copy }));
  const threads = new ThreadRegister();
  const workFolder = process.cwd();
  const supervisor = supervision({ version: environment.supervised, workFolder, log });
  const end = endWith(log, threads, supervisor);
  const ipc = connectIpc({ component: COMPONENT, environment, log, onGiveUp: (error) => end(1, error) });
  end.before(() => ipc.close());
  const nucleus = environment.ipcToken !== undefined && environment.ipcSocket !== undefined;
  if (!nucleus) log.warn({ reason: 'no nucleus started this process (SVCUID is not set)' }, 'ipc.off');
  try {
    const words = parseCommandLine(process.argv.slice(2));
    await untilAnswered(() => ipc.ready(), log);
    const read = nucleus
      ? { configuration: await untilAnswered(() => ipc.getConfiguration([]), log), notTaken: [] }
      : await fileConfiguration(words);
    for (const facts of read.notTaken) log.warn(facts, 'configuration.old-key-not-taken');
    const overlay = new EdgeManagerOverlay(ipc);
    await overlay.refresh();
    const configuration = new LiveConfiguration(overlay.over(read.configuration), log);
    setLevel(logLevel(configuration.current));
    if (configuration.current.LogFile !== '') logFile = new LogFile(resolve(workFolder, configuration.current.LogFile));
    if (process.platform === 'linux') boundDescriptors(configuration.current.MaxOpenFiles, log);
    await lookAtRuntime(configuration, workFolder, log);
    await claimSocket(words, workFolder);
    const caches = await openCaches(join(workFolder, 'cache'), log);
    const buffers = new BufferPool();
    const budgetMB = (): number => configuration.current.FrameMemoryMB;
    const frames = new FrameMemory({ budgetMB, clock: systemClock, log });
    // Also of an agent that is stopped, or fails, while it starts.
    end.before(async () => frames.close());
    const workerFile = join(dirname(process.argv[1] ?? ''), 'instance-worker.js');
    const groups = InstanceGroups.open();
    log.info({ controlGroups: groups.unavailable ?? 'yes' }, 'limits.control-groups');
    const quota = new ExecutorQuota(() => configuration.current.MaxModelProcesses);
    const killers = new KillerInputs({ folder: join(workFolder, 'killer-inputs'), clock: systemClock, log });
    await killers.open();
    end.before(() => killers.idle());
    const atWork = InputsAtWork.open({ workFolder, now: systemClock.now() });
    end.before(async () => atWork?.close());
    const reason = 'the agent itself ended while a thread of it ran this input';
    for (const { packageHash, input, keep } of atWork?.left ?? []) killers.record(packageHash, input, reason, keep);
    const credentials = deviceCredentials({
      exchange: tokenExchangeCredentials({
        uri: environment.credentialsUri,
        token: environment.credentialsToken,
        announced: () => announcedEndpoint(workFolder),
        clock: systemClock,
      }),
      configuration: () => configuration.current,
      clock: systemClock,
    });
    const predecessor = supervisor && (await roomyPredecessor(workFolder, log));
    const agent = await startAgent({
      workFolder,
      predecessor,
      crashes: environment.crashes,
      configuration,
      overlay,
      ipc,
      thing: (!nucleus && configuration.current.IotThingName) || environment.thingName,
      regionOfDevice: environment.region,
      feedbackSocket: environment.feedbackSocket,
      openStore: (place) => s3ObjectStore({ ...place, credentials }),
      keys: packageKeys({ folder: () => configuration.current.TrustedKeysFolder, credentials }),
      platform: {
        cores: availableParallelism(),
        providers: platformLadder(environment.providers, process.arch),
        nucleus: environment.nucleus,
      },
      frames,
      buffers,
      openInstance: workerInstances({
        clock: systemClock,
        buffers,
        executors: {
          process: quota.over(
            processExecutors({
              file: workerFile,
              environment: childEnvironment(),
              groups,
              ...(frames.folder === undefined ? {} : { framesFolder: frames.folder }),
            }),
          ),
          thread: quota.over(threadExecutors({ file: workerFile, buffers, threads })),
        },
        killers,
        ...(atWork ? { atWork } : {}),
        ...(caches ? { caches } : {}),
      }),
      clock: systemClock,
      random: Math.random,
      log,
      setLogLevel: setLevel,
    });
    end.before((timeoutMs) => agent.close(timeoutMs));
    supervisor?.onGone(() => {
      void stayUntilSucceeded(agent, ipc, workFolder, log).finally(() => end(0));
    });
    void agent.restored.then(() => supervisor?.proven());
  } catch (error) {
    end(1, error);
  }
}

/** An agent that answers until this one does; undefined if there is none, or none any more because memory is too small for both. */
async function roomyPredecessor(workFolder: string, log: Logger): Promise<Predecessor | undefined> {
  const socketPath = join(workFolder, INFERENCE_SOCKET);
  const found = await findPredecessor({ workFolder, socketPath, clock: systemClock, log });
  if (!found) return undefined;
  const { availableBytes } = availableMemory();
  if (fitsBeside(found, availableBytes)) return found;
  log.warn({ availableBytes, predecessorBytes: found.memoryBytes }, 'predecessor.no-room');
  await found.end();
  return undefined;
}

/** The nucleus has stopped the component, and may be about to start it again, perhaps in another version. */
async function stayUntilSucceeded(agent: Agent, ipc: IpcSession, workFolder: string, log: Logger): Promise<void> {
  log.info({}, 'agent.standing-by');
  await Promise.all([agent.standBy(STAND_BY_MS), ipc.close()]);
  const reason = await standBy({ workFolder, socketPath: agent.socketPath, clock: systemClock });
  log.info({ reason }, 'agent.stood-by');
}

/** An agent that cannot be bounded works all the same. */
function boundDescriptors(most: number, log: Logger): void {
  try {
    limitDescriptors(most);
  } catch (thrown) {
    log.warn({ most, reason: messageOf(thrown) }, 'limits.open-files-not-bounded');
  }
}

/** Ends the start if native code is not that of the build; says who vouches for it. */
async function lookAtRuntime(configuration: LiveConfiguration, workFolder: string, log: Logger): Promise<void> {
  const [packages] = (childEnvironment()['NODE_PATH'] ?? '').split(delimiter);
  if (!packages) return;
  const file = join(workFolder, 'runtime-hashed');
  const before = new HashedBefore({ file, boot: await bootOfMachine(), clock: systemClock });
  const verdict = await verifyRuntime(dirname(packages), trustOf(configuration.current), before);
  log.info(verdict, 'runtime.verified');
}

/** Models run without: each start then optimizes them again. */
async function openCaches(folder: string, log: Logger): Promise<ModelCaches | undefined> {
  try {
    return await ModelCaches.open(folder);
  } catch (thrown) {
    log.warn({ folder, reason: messageOf(thrown) }, 'cache.off');
    return undefined;
  }
}

async function fileConfiguration(words: CommandLine): Promise<OldAgentFile> {
  const { configurationFile: file } = words;
  const read = fromOldAgentFile(file === undefined ? {} : JSON.parse(await readFile(file, 'utf8')));
  return { ...read, configuration: withCommandLine(read.configuration, words) };
}

void main();
