import type { Clock } from '#packages/foundation';
import { openSocketFolder, socketPathOf, startSocketServer } from '#packages/http';
import type { ConnectionBounds, GuardReason, SocketServer } from '#packages/http';
import type { AgentConfiguration } from '../config.ts';
import { administrationRouter, inferenceRouter } from '../http/router.ts';
import type { RouterPorts } from '../http/router.ts';

export interface SocketPorts {
  readonly workFolder: string;
  readonly configuration: () => AgentConfiguration;
  readonly clock: Clock;
  readonly onGuarded: (socket: SocketName, reason: GuardReason) => void;
}

type SocketName = 'inference' | 'administration';

export interface AgentSockets extends SocketServer {
  /** In the work folder. */
  readonly inference: string;
  readonly administration: string;
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
  const start = (name: SocketName, file: string, mode: number, maxConnections: () => number): Promise<SocketServer> =>
    startSocketServer(socketPathOf(workFolder, file), listeners[name], {
      clock,
      mode,
      alsoAt: SocketFolder === '' ? undefined : socketPathOf(SocketFolder, file),
      bounds: (): ConnectionBounds => ({
        maxConnections: maxConnections(),
        minBytesPerSecond: 1024 * ports.configuration().MinUploadKBps,
      }),
      onGuarded: (reason) => onGuarded(name, reason),
    });
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
  return {
    inference,
    administration,
    close: async (timeoutMs) => {
      await Promise.all([first.close(timeoutMs), second.close(timeoutMs)]);
    },
  };
}

/** The agent's user and the group of the socket. */
const INFERENCE_MODE = 0o660;
