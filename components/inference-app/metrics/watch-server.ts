import { messageOf } from '#packages/foundation';
import type { Incidents, Logger } from '#packages/foundation';
import { createRouter, openSocketFolder, sendJson, socketPathOf, startSocketServer, watchRoutes } from '#packages/http';
import type { Route, RouteErrors, SocketServer } from '#packages/http';
import type { ClipKeeper } from '../clips/clip-keeper.ts';
import { appErrors } from '../errors.ts';

export interface WatchServerOptions {
  readonly workFolder: string;
  /** Where the socket lies a second time; empty: nowhere. */
  readonly folder: string;
  readonly incidents: Incidents;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly clips: Pick<ClipKeeper, 'request'>;
  /** Requests of the console. */
  readonly live: readonly Route[];
  readonly log: Logger;
}

const SOCKET = 'app.sock';
/** Pictures of cameras are for the console, which has the same user, and for no group. */
const CONSOLE_SOCKET = 'console.sock';
const PRIVATE_MODE = 0o600;

/**
 * Serves health, metrics and requests for clips on the application's own socket, and the view of the console on a private one. Cameras
 * are worth more than that: a failure is a warning.
 */
export async function startWatchServer({
  workFolder,
  folder,
  incidents,
  metrics,
  clips,
  live,
  log,
}: WatchServerOptions): Promise<SocketServer> {
  const keepClip: Route = {
    method: 'POST',
    path: '/v1/sources/{source}/clip',
    handle: (_request, response, source = '') => {
      clips.request(source);
      sendJson(response, 202, { source });
    },
  };
  const watched = watchRoutes({ health: () => ({ status: 'ok' }), incidents: () => incidents.current, metrics });
  const routes = [...watched, keepClip];
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
