import { messageOf } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import {
  CONSOLE_SOCKET,
  createRouter,
  openApiRoute,
  openSocketFolder,
  socketPathOf,
  startSocketServer,
} from '#packages/http';
import type { Route, RouteErrors, SocketServer } from '#packages/http';
import description from '../../../schemas/edgeml.InferenceApp.openapi.json' with { type: 'json' };
import { appErrors } from '../errors.ts';
import { clipRoute, healthRoutes } from './watch-server-routes.ts';
import type { WatchRoutePorts } from './watch-server-routes.ts';

export interface WatchServerOptions extends WatchRoutePorts {
  readonly workFolder: string;
  /** Where the socket lies a second time; empty: nowhere. */
  readonly folder: string;
  /** Requests of the console. */
  readonly live: readonly Route[];
  readonly log: Logger;
}

const SOCKET = 'app.sock';
/** Pictures of cameras are for the console, which has the same user, and for no group. */
const PRIVATE_MODE = 0o600;

/**
 * Serves health, metrics and requests for clips on the application's own socket, and the view of the console on a private one. Cameras
 * are worth more than that: a failure is a warning.
 */
export async function startWatchServer(options: WatchServerOptions): Promise<SocketServer> {
  const { workFolder, folder, incidents, live, log } = options;
  const watched = [...healthRoutes(options), openApiRoute(description)];
  const routes = [...watched, clipRoute(options)];
  try {
    if (folder !== '') await openSocketFolder(folder);
    const servers = [
      await startSocketServer(socketPathOf(workFolder, SOCKET), createRouter(routes, { errors: ROUTE_ERRORS, log }), {
        alsoAt: folder === '' ? undefined : socketPathOf(folder, SOCKET),
      }),
      await startSocketServer(
        socketPathOf(workFolder, CONSOLE_SOCKET),
        createRouter([...live, ...watched], { errors: ROUTE_ERRORS, log }),
        { mode: PRIVATE_MODE },
      ),
    ];
    return { close: async (timeoutMs) => void (await Promise.all(servers.map((server) => server.close(timeoutMs)))) };
  } catch (thrown) {
    const message = `nobody can ask the application for its health and metrics, for clips, or for what the console shows: ${messageOf(thrown)}`;
    incidents.opened('the sockets of the application', 'app.no-metrics', { error: thrown, message });
    return { close: () => Promise.resolve() };
  }
}

const ROUTE_ERRORS: RouteErrors = {
  noRoute: (message, facts) => appErrors.error('app.no-route', message, { facts }),
  methodNotAllowed: (message, facts) => appErrors.error('app.method-not-allowed', message, { facts }),
  badPath: (message, path) => appErrors.error('app.no-route', message, { facts: { path } }),
};
