import type { RequestListener } from 'node:http';
import type { Incident, Logger } from '#packages/foundation';
import { createRouter, sendJson, watchRoutes } from '#packages/http';
import type { ComponentStatus, HealthStatus, Route, RouteErrors } from '#packages/http';
import { agentErrors } from '../errors.ts';
import type { V1Feedback } from '../feedback/v1-feedback.ts';
import type { FrameMemory } from '../frames/frame-memory.ts';
import { leaseRoute } from '../frames/lease-route.ts';
import type { OpenLeases } from '../frames/lease-route.ts';
import type { InvokeService } from '../invoke/invoke-service.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import { invokeRoute } from './invoke-route.ts';
import {
  authorized,
  openInferenceAdministration,
  openInferenceRoutes,
} from '../open-inference/http/open-inference-routes.ts';
import type { OpenInferenceHttp } from '../open-inference/http/open-inference-routes.ts';
import { packageRoutes } from './package-routes.ts';
import { activateRoute, retireRoute, rollbackRoute } from './model-routes.ts';

export interface RouterPorts {
  readonly invoker: InvokeService;
  readonly feedback: V1Feedback;
  readonly registry: ModelRegistry;
  readonly frames: FrameMemory;
  readonly leases: OpenLeases;
  readonly health: () => Pick<HealthStatus, 'services'> & { readonly status: Exclude<ComponentStatus, 'degraded'> };
  /** Everything that is wrong now. */
  readonly incidents: () => readonly Incident[];
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly log: Logger;
  readonly openInference: OpenInferenceHttp;
}

const ROUTE_ERRORS: RouteErrors = {
  noRoute: (message, facts) => agentErrors.error('http.no-route', message, { facts }),
  methodNotAllowed: (message, facts) => agentErrors.error('http.method-not-allowed', message, { facts }),
  badPath: (message) => agentErrors.error('http.bad-request', message),
};

/** What anybody on the inference socket may ask: answers of models, and how things are. */
export function inferenceRouter(ports: RouterPorts, administrationSocket: string): RequestListener {
  const { invoker, feedback, frames, leases, log } = ports;
  // Named, so that who looks in the wrong place learns of the right one.
  const elsewhere = administration(ports).map((route): Route => ({
    ...route,
    handle: refuse(administrationSocket),
  }));
  return createRouter(
    [
      invokeRoute(invoker, feedback, frames),
      leaseRoute(frames, leases),
      ...openInferenceRoutes(ports.openInference),
      ...packageRoutes(ports.registry, invoker),
      ...watch(ports),
      ...elsewhere,
    ],
    { errors: ROUTE_ERRORS, log },
  );
}

/** What changes which models serve, on the administration socket. */
export function administrationRouter(ports: RouterPorts): RequestListener {
  const { log } = ports;
  return createRouter([...administration(ports), ...openInferenceRoutes(ports.openInference), ...watch(ports)], {
    errors: ROUTE_ERRORS,
    log,
  });
}

/** Routes for programs outside of the device: Open Inference Protocol, with a token. */
export function listenerRouter(
  { openInference, log }: RouterPorts,
  authorize: (authorization: string | undefined) => void,
): RequestListener {
  return createRouter(authorized(openInferenceRoutes(openInference), authorize), { errors: ROUTE_ERRORS, log });
}

function administration({ registry, openInference }: RouterPorts): readonly Route[] {
  return [
    activateRoute(registry),
    retireRoute(registry),
    rollbackRoute(registry),
    ...openInferenceAdministration(openInference.service),
  ];
}

function watch({ registry, health, incidents, metrics }: RouterPorts): readonly Route[] {
  return [
    { method: 'GET', path: '/v1/models', handle: (_request, response) => sendJson(response, 200, registry.list()) },
    ...watchRoutes({ health, incidents, metrics }),
  ];
}

function refuse(administrationSocket: string): Route['handle'] {
  return ({ method, url }) => {
    const message = `${method} ${url} changes models: ask on the administration socket, ${administrationSocket}`;
    throw agentErrors.error('http.administration-only', message, { facts: { socket: administrationSocket } });
  };
}
