import { createServer } from 'node:net';

import type { Clock, Logger } from '#packages/foundation';
import { listenOnSocket } from '#packages/http';

import { createAuthorizer } from '../authorization/authorizer.ts';
import type { IotCore } from '../mqtt/iot-core.ts';
import type { ComponentNotifier, NucleusPort } from '../ports.ts';
import type { LocalPubSub } from '../pubsub/local-pubsub.ts';
import { ComponentUpdates } from './component-updates.ts';
import { ConfigurationValidation } from './configuration-validation.ts';
import { Connection } from './connection.ts';
import { FaultBoard } from './faults.ts';
import type { IpcFaults } from './faults.ts';
import { LITE_MAX_CLIENTS } from './lite.ts';
import type { IpcContext } from './operation.ts';
import type { SecretSource } from './secrets.ts';

export interface IpcServerOptions {
  readonly socketPath: string;
  readonly nucleus: NucleusPort;
  readonly pubsub: LocalPubSub;
  /** Undefined: the device is configured to run offline. */
  readonly iotCore?: IotCore | undefined;
  /** Undefined: no secret manager is installed. */
  readonly secrets?: SecretSource | undefined;
  /** Behave as nucleus lite does. Default: false. */
  readonly strictLite?: boolean | undefined;
  /** Fills `{iot:thingName}` in policies; nucleus lite does so, so it counts in strict lite mode only. */
  readonly thingName?: string | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The nucleus as components see it: event-stream RPC on a Unix socket. */
export interface IpcServer extends ComponentNotifier {
  readonly socketPath: string;
  readonly connections: readonly { readonly component: string; readonly streams: number }[];
  readonly faults: IpcFaults;
  /** Cuts all connections, or one component's. */
  dropConnections(component?: string): void;
  /** Idempotent. */
  close(): Promise<void>;
}

/** Components may run as other users; as in the nucleus the token is the gate. */
const SOCKET_MODE = 0o666;

/** @throws EdgeError `socket.*` */
export async function startIpcServer(options: IpcServerOptions): Promise<IpcServer> {
  const { nucleus, clock, log } = options;
  const lite = options.strictLite ?? false;
  const updates = new ComponentUpdates(clock);
  const validation = new ConfigurationValidation(clock);
  const context: IpcContext = {
    nucleus,
    pubsub: options.pubsub,
    iotCore: options.iotCore,
    secrets: options.secrets,
    updates,
    validation,
    lite,
    clock,
    log,
  };
  const thing = lite ? options.thingName : undefined;
  const authorizer = createAuthorizer({
    configuration: nucleus.configuration,
    log,
    ...(thing === undefined ? {} : { interpolate: (policies) => policies.replaceAll('{iot:thingName}', thing) }),
  });
  const faults = new FaultBoard(clock);
  const connections = new Set<Connection>();

  const server = createServer((socket) => {
    if (lite && connections.size >= LITE_MAX_CLIENTS) {
      socket.end();
      return;
    }
    const connection = new Connection(socket, { context, authorizer, faults });
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  const removeSocket = await listenOnSocket(server, options.socketPath, SOCKET_MODE);
  log.info({ socketPath: options.socketPath, lite }, 'ipc.listening');

  const dropConnections = (component?: string): void => {
    for (const connection of [...connections]) {
      if (component === undefined || connection.component === component) connection.drop();
    }
  };

  const close = async (): Promise<void> => {
    await removeSocket();
    const ended = new Promise((resolve) => server.close(resolve));
    for (const connection of [...connections]) connection.destroy();
    await ended;
  };
  let closed: Promise<void> | undefined;

  return {
    socketPath: options.socketPath,
    faults,
    get connections() {
      return [...connections].flatMap(({ component, openStreams }) =>
        component === undefined ? [] : [{ component, streams: openStreams }],
      );
    },
    dropConnections,
    close: () => (closed ??= close()),
    beforeUpdate: (deploymentId, timeoutMs, signal) => updates.before(deploymentId, timeoutMs, signal),
    afterUpdate: (deploymentId) => updates.after(deploymentId),
    validate: (deploymentId, changed, timeoutMs) => validation.validate(deploymentId, changed, timeoutMs),
  };
}
