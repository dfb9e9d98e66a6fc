import type { RequestListener } from 'node:http';
import { createRouter, openApiRoute } from '#packages/http';
import type { Route, RouteErrors } from '#packages/http';
import description from '../../../schemas/edgeml.FeedbackUploader.openapi.json' with { type: 'json' };
import { uploaderErrors } from '../errors.ts';
import { consoleRoutes, feedbackRoutes } from './feedback-routes.ts';
import type { FeedbackRoutePorts } from './feedback-routes.ts';

/** The uploader's HTTP API. */
export function feedbackRouter(ports: FeedbackRoutePorts): RequestListener {
  return routerOf(feedbackRoutes(ports), ports);
}

export function consoleRouter(ports: FeedbackRoutePorts): RequestListener {
  return routerOf(consoleRoutes(ports), ports);
}

function routerOf(routes: readonly Route[], { log }: FeedbackRoutePorts): RequestListener {
  return createRouter([...routes, openApiRoute(description)], { errors: ROUTE_ERRORS, log });
}

const ROUTE_ERRORS: RouteErrors = {
  noRoute: (message, facts) => uploaderErrors.error('feedback.no-route', message, { facts }),
  methodNotAllowed: (message, facts) => uploaderErrors.error('feedback.method-not-allowed', message, { facts }),
  // Text that is not percent-encoded UTF-8 is not a ConfigId either.
  badPath: (message, configId) => uploaderErrors.error('feedback.unknown-config', message, { facts: { configId } }),
};
