import type { RequestListener } from 'node:http';
import { createRouter, openApiRoute } from '#packages/http';
import type { Route, RouteErrors } from '#packages/http';
import description from '../../../schemas/edgeml.InferenceAgent.openapi.json' with { type: 'json' };
import { agentErrors } from '../errors.ts';
import { authorized, openInferenceRoutes } from '../open-inference/http/open-inference-routes.ts';
import { administrationRoutes, changingRoutes, inferenceRoutes, settingsRoutes } from './routes.ts';
import type { RoutePorts } from './routes.ts';

const ROUTE_ERRORS: RouteErrors = {
  noRoute: (message, facts) => agentErrors.error('http.no-route', message, { facts }),
  methodNotAllowed: (message, facts) => agentErrors.error('http.method-not-allowed', message, { facts }),
  badPath: (message) => agentErrors.error('http.bad-request', message),
};

/** Routes for every client of the inference socket: answers of models, and how things are. */
export function inferenceRouter(ports: RoutePorts, administrationSocket: string): RequestListener {
  // Named, so that who looks in the wrong place learns of the right one.
  const elsewhere = changingRoutes(ports).map((route): Route => ({
    ...route,
    handle: refuse(administrationSocket),
  }));
  return createRouter([...inferenceRoutes(ports), openApiRoute(description), ...elsewhere], {
    errors: ROUTE_ERRORS,
    log: ports.log,
  });
}

/** Routes that change which models serve, on the administration socket. */
export function administrationRouter(ports: RoutePorts): RequestListener {
  return createRouter([...administrationRoutes(ports), openApiRoute(description)], {
    errors: ROUTE_ERRORS,
    log: ports.log,
  });
}

/** Routes for the console, on a socket of the agent's own user. */
export function consoleRouter(ports: RoutePorts): RequestListener {
  return createRouter([...settingsRoutes(ports), openApiRoute(description)], { errors: ROUTE_ERRORS, log: ports.log });
}

/** Routes for programs outside of the device: Open Inference Protocol, with a token. */
export function listenerRouter(
  { openInference, log }: RoutePorts,
  authorize: (authorization: string | undefined) => void,
): RequestListener {
  return createRouter(authorized(openInferenceRoutes(openInference), authorize), { errors: ROUTE_ERRORS, log });
}

function refuse(administrationSocket: string): Route['handle'] {
  return ({ method, url }) => {
    const message = `${method} ${url} changes models: ask on the administration socket, ${administrationSocket}`;
    throw agentErrors.error('http.administration-only', message, { facts: { socket: administrationSocket } });
  };
}
