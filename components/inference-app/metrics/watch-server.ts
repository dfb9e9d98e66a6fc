import type { Logger } from '#packages/foundation';
import { createRouter, socketPathOf, startSocketServer, watchRoutes } from '#packages/http';
import type { RouteErrors, SocketServer } from '#packages/http';
import { appErrors } from '../errors.ts';

export interface WatchServerOptions {
  readonly workFolder: string;
  /** The setting. */
  readonly socket: string;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly log: Logger;
}

/** Serves health and metrics on the application's own socket. Cameras are worth more than that: if it cannot, that is a warning. */
export async function startWatchServer({
  workFolder,
  socket,
  metrics,
  log,
}: WatchServerOptions): Promise<SocketServer> {
  const routes = watchRoutes({ health: () => ({ status: 'ok' }), metrics });
  try {
    return await startSocketServer(
      socketPathOf(workFolder, socket),
      createRouter(routes, { errors: ROUTE_ERRORS, log }),
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
