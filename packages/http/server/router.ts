import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { EdgeError, Logger } from '#packages/foundation';
import type { RouteDescription } from './route-description.ts';
import { sendError } from './send.ts';
import type { ErrorBodyOf } from './send.ts';

/** One method of one path of an API. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** e.g. `/v1/models/{alias}/retire`; what is in braces takes one segment that is not empty. */
  readonly path: string;
  /** @param parameters the segments that the braces took, decoded, in the order of the path */
  handle(request: IncomingMessage, response: ServerResponse, ...parameters: string[]): Promise<void> | void;
  /** Makes the body of what `handle` throws, for a protocol that has its own form. Default: an `ErrorBody`. */
  readonly errorBody?: ErrorBodyOf;
  /** Its entry in the API's description. Routes of components have one; `npm run generate` names one without. */
  readonly api?: RouteDescription;
}

/** The errors, of the API's own catalog, that a request without a route is answered with. */
export interface RouteErrors {
  /** Nothing is at the path. */
  noRoute(message: string, facts: { readonly path: string }): EdgeError;
  /** Other methods are: `allow` goes into the header of that name. */
  methodNotAllowed(message: string, facts: { readonly path: string; readonly allow: string }): EdgeError;
  /** A parameter is not percent-encoded UTF-8. */
  badPath(message: string, parameter: string): EdgeError;
}

export interface RouterOptions {
  readonly errors: RouteErrors;
  /** Told of what handlers throw that is not an EdgeError: a fault of ours. */
  readonly log: Logger;
}

/**
 * Hands each request to its route; a route also answers HEAD if it answers GET. An error of a handler becomes the answer.
 * The first route that fits is taken, so the one that is asked most belongs first.
 */
export function createRouter(routes: readonly Route[], options: RouterOptions): RequestListener {
  const table = routes.map((route) => ({ ...route, literals: route.path.split(/\{\w+\}/) }));
  return (request, response) => {
    // The client hung up: nobody is left to be told.
    response.on('error', () => undefined);
    let errorBody: ErrorBodyOf | undefined;
    const answer = async (): Promise<void> => {
      const { route, parameters } = find(table, options, request);
      errorBody = route.errorBody;
      await route.handle(request, response, ...parameters);
    };
    answer().catch((thrown: unknown) => {
      const error = sendError(response, thrown, errorBody);
      // A client that hung up before its body was here ends whoever reads it; that is not a fault of ours.
      const hungUp = request.destroyed && !request.complete;
      if (error.code === 'internal' && !hungUp) options.log.error({ error: thrown, url: request.url }, 'http.fault');
    });
  };
}

/** A route whose path is split into what is between the parameters. */
type PreparedRoute = Route & { readonly literals: readonly string[] };

function find(
  routes: readonly PreparedRoute[],
  { errors }: RouterOptions,
  request: IncomingMessage,
): { readonly route: Route; readonly parameters: readonly string[] } {
  const path = pathOf(request.url ?? '/');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const allowed: string[] = [];
  for (const route of routes) {
    const parameters = match(route.literals, path);
    if (!parameters) continue;
    if (route.method === method) {
      return { route, parameters: parameters.map((parameter) => decoded(parameter, errors)) };
    }
    allowed.push(route.method);
  }
  if (allowed.length === 0) throw errors.noRoute(`there is nothing at ${path}`, { path });
  const allow = allowed.join(', ');
  const message = `${request.method} is not possible on ${path}, only ${allow} is`;
  throw errors.methodNotAllowed(message, { path, allow });
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query === -1 ? url : url.slice(0, query);
}

/** The segments that lie between the literals; undefined if the path is another one. */
function match(literals: readonly string[], path: string): readonly string[] | undefined {
  const [start = ''] = literals;
  if (!path.startsWith(start)) return undefined;
  const parameters: string[] = [];
  let at = start.length;
  for (let next = 1; next < literals.length; next++) {
    const literal = literals[next] ?? '';
    const slash = path.indexOf('/', at);
    const end = slash === -1 ? path.length : slash;
    if (end === at || !path.startsWith(literal, end)) return undefined;
    parameters.push(path.slice(at, end));
    at = end + literal.length;
  }
  return at === path.length ? parameters : undefined;
}

function decoded(parameter: string, errors: RouteErrors): string {
  try {
    return decodeURIComponent(parameter);
  } catch {
    throw errors.badPath(`"${parameter.slice(0, 80)}" in the path is not percent-encoded UTF-8`, parameter);
  }
}
