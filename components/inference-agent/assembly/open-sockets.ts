import type { Clock, Incidents } from '#packages/foundation';
import { CONSOLE_SOCKET, openSocketFolder, socketPathOf, startPortServer, startSocketServer } from '#packages/http';
import type { ConnectionBounds, GuardReason, PortServer, SocketServer } from '#packages/http';
import type { AgentConfiguration } from '../config.ts';
import { administrationRouter, consoleRouter, inferenceRouter, listenerRouter } from '../http/router.ts';
import { messageDoor } from '../messages/message-door.ts';
import { grpcEndpoint } from '../open-inference/grpc/grpc-endpoint.ts';
import { listenerSettings } from '../open-inference/open-listener.ts';
import type { RoutePorts } from '../http/routes.ts';

export interface SocketPorts {
  readonly workFolder: string;
  readonly configuration: () => AgentConfiguration;
  readonly clock: Clock;
  readonly onGuarded: (socket: SocketName, reason: GuardReason) => void;
  /** Whether the sockets are taken from an agent that was stopped and still answers. */
  readonly takeOver: boolean;
  readonly incidents: Incidents;
}

type SocketName = 'inference' | 'administration' | 'listener';

export interface AgentSockets extends SocketServer {
  /** In the work folder. */
  readonly inference: string;
  readonly administration: string;
  /** TCP port of the listener; undefined if there is none. */
  readonly port: number | undefined;
  /** Closes the one for inference on the Unix socket: each connection ends with its answer. Idempotent. */
  closeInference(timeoutMs: number): Promise<void>;
  /** Closes all but that one. Idempotent. */
  closeOthers(timeoutMs: number): Promise<void>;
}

/** Names that recipes, the application and clients know, so not settings. */
export const INFERENCE_SOCKET = 'agent.sock';
const ADMINISTRATION = 'admin.sock';

/** Administration is for the scripts of model components, a few at a time; nobody else's requests take their places. */
const ADMINISTRATION_CONNECTIONS = 32;

/**
 * Serves the HTTP API on two sockets: whoever may only open the first can do no more than invoke. Both lie in the work folder,
 * where the collection's own components look, and in `SocketFolder` too if that is set, for programs of other users. A third socket,
 * for the console, is of the agent's own user alone.
 * @throws EdgeError `socket.*`
 */
export async function openSockets(ports: SocketPorts, router: RoutePorts): Promise<AgentSockets> {
  const { workFolder, configuration, takeOver } = ports;
  const { AdminSocketMode, SocketFolder } = configuration();
  const [inference, administration] = [
    socketPathOf(workFolder, INFERENCE_SOCKET),
    socketPathOf(workFolder, ADMINISTRATION),
  ];
  const alsoAt = (file: string): string | undefined =>
    SocketFolder === '' ? undefined : socketPathOf(SocketFolder, file);
  if (SocketFolder !== '') await openSocketFolder(SocketFolder);
  const first = await startSocketServer(inference, inferenceRouter(router, administration), {
    ...serverOptions(ports, router, { name: 'inference', administration }),
    mode: INFERENCE_MODE,
    alsoAt: alsoAt(INFERENCE_SOCKET),
    takeOver,
  });
  const second = await startSocketServer(administration, administrationRouter(router), {
    ...serverOptions(ports, router, { name: 'administration', administration: undefined }),
    mode: Number.parseInt(AdminSocketMode, 8),
    alsoAt: alsoAt(ADMINISTRATION),
    takeOver,
  }).catch(async (error: unknown) => {
    await first.close(0);
    throw error;
  });
  const own = await startSocketServer(socketPathOf(workFolder, CONSOLE_SOCKET), consoleRouter(router), {
    mode: PRIVATE_MODE,
    takeOver,
  }).catch(async (error: unknown) => {
    await Promise.all([first.close(0), second.close(0)]);
    throw error;
  });
  const third = await openListener(ports, router, administration);
  let othersClosed: Promise<void> | undefined;
  const closeOthers = (timeoutMs: number): Promise<void> => {
    const others = [second, own, ...(third ? [third] : [])];
    return (othersClosed ??= Promise.all(others.map((server) => server.close(timeoutMs))).then(() => undefined));
  };
  let inferenceClosed: Promise<void> | undefined;
  const closeInference = (timeoutMs: number): Promise<void> => (inferenceClosed ??= first.close(timeoutMs));
  return {
    inference,
    administration,
    port: third?.port,
    closeInference,
    closeOthers,
    close: async (timeoutMs) => {
      await Promise.all([closeInference(timeoutMs), closeOthers(timeoutMs)]);
    },
  };
}

/** The agent's user and the group of the socket. */
const INFERENCE_MODE = 0o660;
const PRIVATE_MODE = 0o600;

/** Opens the listener for other machines, if one is configured. If it cannot be opened for any reason, the agent continues without it. */
async function openListener(
  ports: SocketPorts,
  router: RoutePorts,
  administration: string,
): Promise<PortServer | undefined> {
  const { workFolder, configuration, incidents } = ports;
  try {
    const settings = await listenerSettings(configuration().OpenInferenceListener, workFolder);
    if (!settings) return undefined;
    const { address, authorize } = settings;
    const options = serverOptions(ports, router, { name: 'listener', administration, authorize });
    const server = await startPortServer(address, listenerRouter(router, authorize), options);
    router.log.info(
      { host: address.host, port: server.port, tls: address.tls !== undefined },
      'open-inference.listening',
    );
    return server;
  } catch (error) {
    incidents.opened('OpenInferenceListener', 'open-inference.not-listening', { error, severity: 'error' });
    return undefined;
  }
}

interface Endpoint {
  readonly name: SocketName;
  /** Socket that answers what changes models; undefined on that socket itself. */
  readonly administration: string | undefined;
  /** Throws if a caller may not ask. Default: everybody who can open the socket may. */
  readonly authorize?: (authorization: string | undefined) => void;
}

/** HTTP and gRPC, side by side on one socket; on the one for inference, plain messages too. */
function serverOptions(
  { configuration, clock, onGuarded }: SocketPorts,
  { openInference, invoker, frames, log }: RoutePorts,
  { name, administration, authorize = () => undefined }: Endpoint,
) {
  const guarded = (reason: GuardReason): void => onGuarded(name, reason);
  const bounds = (): ConnectionBounds => ({
    maxConnections: name === 'administration' ? ADMINISTRATION_CONNECTIONS : configuration().MaxConnections,
    minBytesPerSecond: 1024 * configuration().MinUploadKBps,
  });
  return {
    clock,
    others: [
      grpcEndpoint({
        service: openInference.service,
        administrationSocket: administration,
        authorize,
        maxMessageBytes: openInference.maxBodyBytes(),
        clock,
        log,
      }),
      ...(name === 'inference' ? [messageDoor({ invoker, frames, clock, bounds, onGuarded: guarded })] : []),
    ],
    bounds,
    onGuarded: guarded,
  };
}
