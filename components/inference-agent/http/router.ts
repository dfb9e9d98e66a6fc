import type { RequestListener } from 'node:http';
import type { Logger } from '#packages/foundation';
import { createRouter, sendJson, watchRoutes } from '#packages/http';
import type { HealthStatus, RouteErrors } from '#packages/http';
import { agentErrors } from '../errors.ts';
import type { V1Feedback } from '../feedback/v1-feedback.ts';
import type { InvokeService } from '../invoke/invoke-service.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { invokeRoute } from './invoke-route.ts';
import { activateRoute, retireRoute, rollbackRoute } from './model-routes.ts';

export interface RouterPorts {
  readonly invoker: InvokeService;
  readonly feedback: V1Feedback;
  readonly registry: ModelRegistry;
  readonly health: () => HealthStatus;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly log: Logger;
}

const ROUTE_ERRORS: RouteErrors = {
  noRoute: (message, facts) => agentErrors.error('http.no-route', message, { facts }),
  methodNotAllowed: (message, facts) => agentErrors.error('http.method-not-allowed', message, { facts }),
  badPath: (message) => agentErrors.error('http.bad-request', message),
};

/** The agent's HTTP API. */
export function agentRouter({ invoker, feedback, registry, log, ...watched }: RouterPorts): RequestListener {
  return createRouter(
    [
      invokeRoute(invoker, feedback),
      { method: 'GET', path: '/v1/models', handle: (_request, response) => sendJson(response, 200, registry.list()) },
      activateRoute(registry),
      retireRoute(registry),
      rollbackRoute(registry),
      ...watchRoutes(watched),
    ],
    { errors: ROUTE_ERRORS, log },
  );
}
