import { systemClock } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';

import { NUCLEUS_VERSION } from './builtins.ts';
import { writeCliInfo } from './cli-info.ts';
import { startCredentialEndpoint } from './credentials/credential-endpoint.ts';
import type { CredentialEndpoint } from './credentials/credential-endpoint.ts';
import type { CredentialProvider } from './credentials/provider.ts';
import { Engine } from './engine.ts';
import { ipcSocketPaths } from './ipc-socket.ts';
import { secretsFromFile } from './ipc/secrets.ts';
import { startIpcServer } from './ipc/server.ts';
import type { IpcServer } from './ipc/server.ts';
import { componentEnvironment } from './lifecycle/environment.ts';
import { shownState } from './lifecycle/state.ts';
import type { ComponentLine } from './logs/component-log.ts';
import { fileLogger } from './logs/file-logger.ts';
import { brokerIotCore } from './mqtt/broker-iot-core.ts';
import { embeddedIotCore } from './mqtt/embedded-broker.ts';
import type { IotCore } from './mqtt/iot-core.ts';
import { corePaths } from './paths.ts';
import type { ComponentState } from './ports.ts';
import { LocalPubSub } from './pubsub/local-pubsub.ts';
import { lockRoot } from './root-lock.ts';

export interface LocalCoreOptions {
  /** Folder of the core; made where it is missing. What was deployed there before starts again. */
  readonly root: string;
  /** Default `edgeml-local`. */
  readonly thingName?: string;
  /** AWS_REGION of the components. Default `us-east-1`. */
  readonly region?: string;
  /** Platform attributes over those of this machine, e.g. `{ accelerator: 'cuda' }`. */
  readonly platformOverride?: Readonly<Record<string, string>>;
  /** Behave as nucleus lite. Default false. */
  readonly strictLite?: boolean;
  /** IoT Core: an embedded broker (default), the broker at `url`, or `false`: not configured to go online. */
  readonly mqtt?: { readonly url?: string; readonly port?: number } | false;
  /** Secrets for GetSecretValue: YAML or JSON. */
  readonly secretsFile?: string;
  /**
   * Token exchange service: what it gives to components that ask, e.g. `staticCredentials(clock)` for a local object store.
   * Default: none, and no address of it in the environment of components.
   */
  readonly tokenExchange?: { readonly provider: CredentialProvider; readonly port?: number };
  /** Added to the environment of every component. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Default: `<root>/logs/greengrass.log`. */
  readonly log?: Logger;
}

/** A change of a component's state. */
export interface StateChange {
  readonly component: string;
  readonly from: ComponentState;
  readonly to: ComponentState;
  readonly statusReason?: string;
}

export interface CoreListeners {
  readonly state: Set<(change: StateChange) => void>;
  readonly line: Set<(line: ComponentLine) => void>;
}

export interface CoreParts {
  readonly root: string;
  readonly pubsub: LocalPubSub;
  readonly mqttUrl: string | undefined;
  readonly ipc: IpcServer;
  readonly engine: Engine;
  readonly listeners: CoreListeners;
  readonly shutDown: () => Promise<void>;
}

/** Starts the parts in order; where one fails, those before it are ended again. */
export async function assembleCore(options: LocalCoreOptions): Promise<CoreParts> {
  const clock = options.clock ?? systemClock;
  const paths = corePaths(options.root);
  const strictLite = options.strictLite ?? false;
  const thingName = options.thingName ?? 'edgeml-local';
  const undo: (() => Promise<void> | void)[] = [];
  const shutDown = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const lock = await lockRoot(paths.root);
    undo.push(() => lock.release());
    const log = options.log ?? ownLog(paths.logs, clock, undo);
    const socket = await ipcSocketPaths(paths, strictLite);
    undo.push(() => socket.release());
    const listeners: CoreListeners = { state: new Set(), line: new Set() };
    const coreEnvironment = {
      thingName,
      region: options.region ?? 'us-east-1',
      nucleusVersion: NUCLEUS_VERSION,
      socket: socket.absolute,
      socketForComponent: socket.forComponent,
      extra: options.environment ?? {},
    };
    let credentials: CredentialEndpoint | undefined;
    const engine = await Engine.open({
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
    undo.push(() => engine.stop());
    const pubsub = new LocalPubSub(log);
    const mqtt = await startMqtt(options.mqtt, clock, log);
    undo.push(() => mqtt.close());
    const ipc: IpcServer = await startIpcServer({
      socketPath: socket.listen,
      nucleus: engine.nucleus,
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
      const componentOfToken = (token: string): string | undefined => engine.nucleus.componentOfToken(token);
      credentials = await startCredentialEndpoint({ ...options.tokenExchange, componentOfToken, clock, log });
      const endpoint = credentials;
      undo.push(() => endpoint.close());
    }
    undo.push(() => engine.stop()); // first of all, while components can still speak to the core
    undo.push(await writeCliInfo(paths.cliInfo, { authToken: engine.cliToken, socketPath: socket.listen }));
    log.info({ root: paths.root, thingName, strictLite, mqtt: mqtt.url }, 'core.started');
    return { root: paths.root, pubsub, mqttUrl: mqtt.url, ipc, engine, listeners, shutDown };
  } catch (error) {
    await shutDown();
    throw error;
  }
}

function ownLog(folder: string, clock: Clock, undo: (() => void)[]): Logger {
  const log = fileLogger(folder, clock);
  undo.push(() => log.close());
  return log;
}

interface Mqtt {
  readonly iotCore: IotCore | undefined;
  readonly url: string | undefined;
  close(): Promise<void>;
}

async function startMqtt(options: LocalCoreOptions['mqtt'], clock: Clock, log: Logger): Promise<Mqtt> {
  if (options === false) return { iotCore: undefined, url: undefined, close: async () => undefined };
  if (options?.url !== undefined) {
    const iotCore = brokerIotCore({ url: options.url, clock, log });
    return { iotCore, url: options.url, close: () => iotCore.close() };
  }
  const embedded = await embeddedIotCore({
    clock,
    log,
    ...(options?.port === undefined ? {} : { port: options.port }),
  });
  return { iotCore: embedded.iotCore, url: embedded.broker.url, close: () => embedded.close() };
}
