import { wireErrorOf } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { openSocketFolder, socketPathOf, startPortServer, startSocketServer } from '#packages/http';
import type { ConnectionBounds, GuardReason, OtherProtocol, PortServer, SocketServer } from '#packages/http';
import type { AgentConfiguration } from '../config.ts';
import { administrationRouter, inferenceRouter, listenerRouter } from '../http/router.ts';
import { grpcEndpoint } from '../open-inference/grpc/grpc-endpoint.ts';
import { listenerSettings } from '../open-inference/open-listener.ts';
import type { RouterPorts } from '../http/router.ts';

export interface SocketPorts {
  readonly workFolder: string;
  readonly configuration: () => AgentConfiguration;
  readonly clock: Clock;
  readonly onGuarded: (socket: SocketName, reason: GuardReason) => void;
}

type SocketName = 'inference' | 'administration' | 'listener';

export interface AgentSockets extends SocketServer {
  /** In the work folder. */
  readonly inference: string;
  readonly administration: string;
  /** TCP port of the listener; undefined if there is none. */
  readonly port: number | undefined;
}

/** Names that recipes, the application and clients know, so no settings. */
const INFERENCE = 'agent.sock';
const ADMINISTRATION = 'admin.sock';

/** Administration is for the scripts of model components, a few at a time; nobody else's requests take their places. */
const ADMINISTRATION_CONNECTIONS = 32;

/**
 * Serves the HTTP API on two sockets: whoever may only open the first can do no more than invoke. Both lie in the work folder,
 * where the collection's own components look, and in `SocketFolder` too if that is set, for programs of other users.
 * @throws EdgeError `socket.*`
 */
export async function openSockets(ports: SocketPorts, router: RouterPorts): Promise<AgentSockets> {
  const { workFolder, clock, onGuarded } = ports;
  const { AdminSocketMode, SocketFolder } = ports.configuration();
  const [inference, administration] = [socketPathOf(workFolder, INFERENCE), socketPathOf(workFolder, ADMINISTRATION)];
  if (SocketFolder !== '') await openSocketFolder(SocketFolder);
  const grpc = (administrationSocket: string | undefined, mayAsk: (token?: string) => boolean): OtherProtocol =>
    grpcEndpoint({
      service: router.openInference.service,
      administrationSocket,
      mayAsk,
      maxMessageBytes: router.openInference.maxBodyBytes(),
      clock,
      log: router.log,
    });
  const optionsOf = (name: SocketName, maxConnections: () => number, other: OtherProtocol) => ({
    clock,
    other,
    bounds: (): ConnectionBounds => ({
      maxConnections: maxConnections(),
      minBytesPerSecond: 1024 * ports.configuration().MinUploadKBps,
    }),
    onGuarded: (reason: GuardReason) => onGuarded(name, reason),
  });
  const start = (
    name: 'inference' | 'administration',
    file: string,
    mode: number,
    maxConnections: () => number,
  ): Promise<SocketServer> =>
    startSocketServer(socketPathOf(workFolder, file), listeners[name], {
      ...optionsOf(
        name,
        maxConnections,
        grpc(name === 'inference' ? administration : undefined, () => true),
      ),
      mode,
      alsoAt: SocketFolder === '' ? undefined : socketPathOf(SocketFolder, file),
    });
  /** Whatever is wrong with it, cameras go on. */
  const startListener = async (): Promise<PortServer | undefined> => {
    try {
      const settings = await listenerSettings(ports.configuration().OpenInferenceListener, workFolder);
      if (!settings) return undefined;
      const { address, mayAsk } = settings;
      const options = optionsOf('listener', () => ports.configuration().MaxConnections, grpc(administration, mayAsk));
      const server = await startPortServer(address, listenerRouter(router, mayAsk), options);
      router.log.info(
        { host: address.host, port: server.port, tls: address.tls !== undefined },
        'open-inference.listening',
      );
      return server;
    } catch (thrown) {
      router.log.error({ error: wireErrorOf(thrown) }, 'open-inference.not-listening');
      return undefined;
    }
  };
  const listeners = {
    inference: inferenceRouter(router, administration),
    administration: administrationRouter(router),
  };
  const mode = Number.parseInt(AdminSocketMode, 8);
  const first = await start('inference', INFERENCE, INFERENCE_MODE, () => ports.configuration().MaxConnections);
  const second = await start('administration', ADMINISTRATION, mode, () => ADMINISTRATION_CONNECTIONS).catch(
    async (error: unknown) => {
      await first.close(0);
      throw error;
    },
  );
  const third = await startListener();
  return {
    inference,
    administration,
    port: third?.port,
    close: async (timeoutMs) => {
      await Promise.all([first, second, ...(third ? [third] : [])].map((server) => server.close(timeoutMs)));
    },
  };
}

/** The agent's user and the group of the socket. */
const INFERENCE_MODE = 0o660;
