import { systemClock } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { NUCLEUS_VERSION } from './builtins.ts';
import { writeCliInfo } from './cli-info.ts';
import type { LocalCoreOptions, StateChange } from './core-options.ts';
import { startCredentialEndpoint } from './credentials/credential-endpoint.ts';
import type { CredentialEndpoint } from './credentials/credential-endpoint.ts';
import { coreErrors } from './errors.ts';
import { ipcSocketPaths } from './ipc-socket.ts';
import { secretsFromFile } from './ipc/secrets.ts';
import { startIpcServer } from './ipc/server.ts';
import type { IpcServer } from './ipc/server.ts';
import { componentEnvironment } from './lifecycle/environment.ts';
import { shownState } from './lifecycle/state.ts';
import type { ComponentLine } from './logs/component-log.ts';
import { fileLogger } from './logs/file-logger.ts';
import { followBroker } from './mqtt/broker-state.ts';
import type { BrokerState } from './mqtt/broker-state.ts';
import { startIotCore } from './mqtt/start-iot-core.ts';
import { Nucleus } from './nucleus.ts';
import { corePaths } from './paths.ts';
import type { ComponentState, ComponentSummary, DeploymentOutcome, LocalDeploymentRequest } from './ports.ts';
import { LocalPubSub } from './pubsub/local-pubsub.ts';
import { lockRoot } from './root-lock.ts';

/**
 * A development runtime for Greengrass components: reads real recipes and artifacts, runs lifecycles with the nucleus' state
 * machine, serves IPC, keeps configuration, deploys with rollback. See README.md for what it does not do.
 *
 * @example
 * const core = await LocalCore.start({ root: '.edgeml/core' });
 * const outcome = await core.deploy({ recipeDirectoryPath, artifactsDirectoryPath, rootComponentVersionsToAdd: { A: '1.0.0' } });
 * await core.stop();
 */
export class LocalCore {
  readonly root: string;
  /** In-process publish/subscribe of the components. */
  readonly pubsub: LocalPubSub;
  /** The broker that stands in for IoT Core; undefined if there is none. */
  readonly mqttUrl: string | undefined;
  readonly ipc: IpcServer;
  readonly nucleus: Nucleus;
  readonly #listeners: Listeners;
  readonly #broker: Parts['broker'];
  readonly #undo: Undo;
  #stopped: Promise<void> | undefined;

  private constructor(parts: Parts) {
    this.root = parts.root;
    this.pubsub = parts.pubsub;
    this.mqttUrl = parts.mqttUrl;
    this.ipc = parts.ipc;
    this.nucleus = parts.nucleus;
    this.#listeners = parts.listeners;
    this.#broker = parts.broker;
    this.#undo = parts.undo;
  }

  /** @throws core.root-in-use, core.unsupported-system, configuration.unreadable, socket.*, mqtt.* */
  static async start(options: LocalCoreOptions): Promise<LocalCore> {
    if (process.platform === 'win32') {
      throw coreErrors.error('core.unsupported-system', 'the local core does not run on Windows itself');
    }
    const undo: Undo = [];
    try {
      const core = new LocalCore(await startParts(options, undo));
      if (options.restore ?? true) await core.nucleus.restoreDeployed();
      return core;
    } catch (error) {
      await undoAll(undo);
      throw error;
    }
  }

  /** Deploys and waits for the end; failures are outcomes, not exceptions. Aborting the signal cancels while that is possible. */
  async deploy(request: LocalDeploymentRequest, signal?: AbortSignal): Promise<DeploymentOutcome> {
    if (this.#stopped) throw coreErrors.error('core.stopped', 'this core was stopped');
    const id = this.nucleus.createLocalDeployment(request);
    const onAbort = (): void => void this.nucleus.cancelLocalDeployment(id);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const record = await this.nucleus.deploymentEnded(id);
      return record ?? { deploymentId: id, status: 'CANCELED' };
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  components(): readonly ComponentSummary[] {
    return this.nucleus.components();
  }

  /** Called after every change of a component's state. Returns a function that ends it. */
  onState(listener: (change: StateChange) => void): () => void {
    this.#listeners.state.add(listener);
    return () => this.#listeners.state.delete(listener);
  }

  /** Called with whether the MQTT broker can be reached, at once and at each change; never if there is none. Returns a function that ends it. */
  onBroker(listener: (state: BrokerState) => void): () => void {
    this.#listeners.broker.add(listener);
    if (this.#broker.state) listener(this.#broker.state);
    return () => this.#listeners.broker.delete(listener);
  }

  /** Called with every line that a component writes. Returns a function that ends it. */
  onLine(listener: (line: ComponentLine) => void): () => void {
    this.#listeners.line.add(listener);
    return () => this.#listeners.line.delete(listener);
  }

  /**
   * Resolves when the component is in the state. Pass `AbortSignal.timeout(…)` to bound the waiting.
   *
   * @throws component.state-not-reached when the signal aborts first, or when the component becomes BROKEN meanwhile
   */
  waitFor(component: string, state: ComponentState, signal?: AbortSignal): Promise<ComponentSummary> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.components().find((one) => one.componentName === component);
        if (found?.state === state) finish(() => resolve(found));
        else if (found?.state === 'BROKEN') finish(() => reject(notReached(component, state, found)));
      };
      const onAbort = (): void => {
        const found = this.components().find((one) => one.componentName === component);
        finish(() => reject(notReached(component, state, found)));
      };
      const stop = this.onState(look);
      const finish = (then: () => void): void => {
        stop();
        signal?.removeEventListener('abort', onAbort);
        then();
      };
      if (signal?.aborted) onAbort();
      else {
        signal?.addEventListener('abort', onAbort, { once: true });
        look();
      }
    });
  }

  /** Ends every component and the core; no process is left. Idempotent. */
  stop(): Promise<void> {
    return (this.#stopped ??= undoAll(this.#undo));
  }
}

interface Listeners {
  readonly state: Set<(change: StateChange) => void>;
  readonly line: Set<(line: ComponentLine) => void>;
  readonly broker: Set<(state: BrokerState) => void>;
}

/** The calls that stop the parts, in the order of their starts. */
type Undo = (() => Promise<void> | void)[];

async function undoAll(undo: Undo): Promise<void> {
  for (const step of undo.splice(0).reverse()) await step();
}

type Parts = Pick<LocalCore, 'root' | 'pubsub' | 'mqttUrl' | 'ipc' | 'nucleus'> & {
  readonly listeners: Listeners;
  readonly broker: { readonly state?: BrokerState };
  readonly undo: Undo;
};

/** Starts the parts in order; `undo` says how to end those that were started. */
async function startParts(options: LocalCoreOptions, undo: Undo): Promise<Parts> {
  const { thingName = 'edgeml-local', strictLite = false, clock = systemClock } = options;
  const paths = corePaths(options.root);
  const lock = await lockRoot(paths.root);
  undo.push(() => lock.release());
  const log = options.log ?? ownLog(paths.logs, clock, undo);
  const socket = await ipcSocketPaths(paths, strictLite);
  undo.push(() => socket.release());
  const listeners: Listeners = { state: new Set(), line: new Set(), broker: new Set() };
  const coreEnvironment = {
    thingName,
    region: options.region ?? 'us-east-1',
    nucleusVersion: NUCLEUS_VERSION,
    socket: socket.absolute,
    socketForComponent: socket.forComponent,
    extra: options.environment ?? {},
  };
  let credentials: CredentialEndpoint | undefined;
  const nucleus = await Nucleus.open({
    paths,
    clock,
    log,
    strictLite,
    thingName,
    platformOverride: options.platformOverride ?? {},
    environment: (token) => {
      const core = credentials ? { ...coreEnvironment, credentialsUri: credentials.url } : coreEnvironment;
      return componentEnvironment(core, token, { strictLite, own: process.env });
    },
    notifier: () => ipc,
    onState: (service, from) => {
      const reason = service.statusReason === undefined ? {} : { statusReason: service.statusReason };
      const change = { component: service.name, from: shownState(from), to: shownState(service.state), ...reason };
      for (const listener of [...listeners.state]) listener(change);
    },
    onLine: (line) => {
      for (const listener of [...listeners.line]) listener(line);
    },
    onGuardian: (pid) => lock.setGuardian(pid),
  });
  undo.push(() => nucleus.close());
  const pubsub = new LocalPubSub(log);
  const mqtt = await startIotCore(options.mqtt ?? {}, clock, log);
  undo.push(() => mqtt.close());
  const broker: { state?: BrokerState } = {};
  undo.push(
    followBroker(paths.root, mqtt, clock, (state) => {
      broker.state = state;
      for (const listener of [...listeners.broker]) listener(state);
    }),
  );
  const ipc: IpcServer = await startIpcServer({
    socketPath: socket.listen,
    nucleus,
    pubsub,
    iotCore: mqtt.iotCore,
    secrets: options.secretsFile === undefined ? undefined : secretsFromFile(options.secretsFile),
    strictLite,
    thingName,
    clock,
    log,
  });
  undo.push(() => ipc.close());
  if (options.tokenExchange) {
    const componentOfToken = (token: string): string | undefined => nucleus.componentOfToken(token);
    const endpoint = await startCredentialEndpoint({ ...options.tokenExchange, componentOfToken, clock, log });
    undo.push(() => endpoint.close());
    credentials = endpoint;
  }
  undo.push(() => nucleus.close()); // first of all, while components can still speak to the core
  undo.push(await writeCliInfo(paths.cliInfo, { authToken: nucleus.cliToken, socketPath: socket.listen }));
  log.info({ root: paths.root, thingName, strictLite, mqtt: mqtt.url }, 'core.started');
  return { root: paths.root, pubsub, mqttUrl: mqtt.url, ipc, nucleus, listeners, broker, undo };
}

function ownLog(folder: string, clock: Clock, undo: Undo): Logger {
  const log = fileLogger(folder, clock);
  undo.push(() => log.close());
  return log;
}

function notReached(component: string, state: ComponentState, found: ComponentSummary | undefined): Error {
  const now = found ? `is ${found.state}${found.statusReason ? ` (${found.statusReason})` : ''}` : 'is not deployed';
  return coreErrors.error('component.state-not-reached', `${component} did not become ${state}: it ${now}`, {
    facts: { component, state, now: found?.state },
  });
}
