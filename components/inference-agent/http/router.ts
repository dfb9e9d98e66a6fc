import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from '#packages/foundation';
import { send, sendError, sendJson } from '#packages/http';
import type { HealthStatus } from '#packages/http';
import type { V1Feedback } from '../feedback/v1-feedback.ts';
import type { InvokeService } from '../invoke/invoke-service.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { httpErrors } from './errors.ts';
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

/** The agent's HTTP API. */
export function agentRouter(ports: RouterPorts): RequestListener {
  return (request, response) => {
    // The client hung up: nobody is left to be told.
    response.on('error', () => undefined);
    route(ports, request, response).catch((thrown: unknown) => {
      const error = sendError(response, thrown);
      if (error.status >= 500 && error.code === 'internal')
        ports.log.error({ error: thrown, url: request.url }, 'http.fault');
    });
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;
type Method = 'GET' | 'POST';

async function route(ports: RouterPorts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = pathOf(request);
  const found = find(ports, path);
  if (!found) throw httpErrors.error('http.no-route', `there is nothing at ${path}`, { facts: { path } });
  const [method, handler] = found;
  const asked = request.method === 'HEAD' ? 'GET' : request.method;
  if (asked !== method) {
    const message = `${request.method} is not possible on ${path}, only ${method} is`;
    throw httpErrors.error('http.method-not-allowed', message, { facts: { path, allow: method } });
  }
  await handler(request, response);
}

function find(ports: RouterPorts, path: string): readonly [Method, Handler] | undefined {
  const { registry } = ports;
  const [, invoked] = /^\/v1\/services\/([^/]+)\/invoke$/.exec(path) ?? [];
  if (invoked) {
    const { invoker, feedback } = ports;
    return ['POST', (request, response) => invokeRoute(invoker, feedback, decoded(invoked), request, response)];
  }
  const [, alias, verb] = /^\/v1\/models\/([^/]+)\/(retire|rollback)$/.exec(path) ?? [];
  if (alias && verb) {
    const handle = verb === 'retire' ? retireRoute : rollbackRoute;
    return ['POST', (request, response) => handle(registry, decoded(alias), request, response)];
  }
  switch (path) {
    case '/v1/models/activate':
      return ['POST', (request, response) => activateRoute(registry, request, response)];
    case '/v1/models':
      return ['GET', (_request, response) => sendJson(response, 200, registry.list())];
    case '/healthz':
      return ['GET', (_request, response) => sendHealth(ports.health(), response)];
    case '/metrics':
      return ['GET', async (_request, response) => send(response, 200, METRICS_TYPE, await ports.metrics())];
    default:
      return undefined;
  }
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

function sendHealth(health: HealthStatus, response: ServerResponse): void {
  sendJson(response, health.status === 'ok' ? 200 : 503, health);
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw httpErrors.error('http.bad-request', `"${part.slice(0, 80)}" in the path is not percent-encoded UTF-8`);
  }
}
