import type { Incidents, Logger } from '#packages/foundation';
import { createRouter, openSocketFolder, socketPathOf, startSocketServer, watchRoutes } from '#packages/http';
import type { RouteErrors, SocketServer } from '#packages/http';
import { appErrors } from '../errors.ts';

export interface WatchServerOptions {
  readonly workFolder: string;
  /** Where the socket lies a second time; empty: nowhere. */
  readonly folder: string;
  readonly incidents: Incidents;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly log: Logger;
}

const SOCKET = 'app.sock';

/** Serves health and metrics on the application's own socket. Cameras are worth more than that: if it cannot, that is a warning. */
export async function startWatchServer({
  workFolder,
  folder,
  incidents,
  metrics,
  log,
}: WatchServerOptions): Promise<SocketServer> {
  const routes = watchRoutes({ health: () => ({ status: 'ok' }), incidents: () => incidents.current, metrics });
  try {
    if (folder !== '') await openSocketFolder(folder);
    return await startSocketServer(
      socketPathOf(workFolder, SOCKET),
      createRouter(routes, { errors: ROUTE_ERRORS, log }),
      { alsoAt: folder === '' ? undefined : socketPathOf(folder, SOCKET) },
    );
  } catch (thrown) {
    log.warn({ error: thrown }, 'app.no-metrics');
    return { close: () => Promise.resolve() };
  }
}

const ROUTE_ERRORS: RouteErrors = {
  noRoute: (message, facts) => appErrors.error('app.no-route', message, { facts }),
  methodNotAllowed: (message, facts) => appErrors.error('app.method-not-allowed', message, { facts }),
  badPath: (message, path) => appErrors.error('app.no-route', message, { facts: { path } }),
};
