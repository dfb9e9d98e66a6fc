import { request as httpRequest } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { messageOf } from '#packages/foundation';
import { jsonAnswer, sendError } from '#packages/http';
import type { Route, RouteDescription } from '#packages/http';
import { consoleErrors } from '../errors.ts';
import { visitorOf } from '../guard/audit-log.ts';
import type { ApiPorts } from './api-ports.ts';

const ROUTES: Readonly<Record<string, RouteDescription>> = {
  '/{name}': {
    summary: 'Takes an .onnx file of that name, and proposes what its package says. Needs the token, and `npm start`.',
    body: { content: { 'application/octet-stream': 'bytes' } },
    answers: { 200: jsonAnswer('The guess at what the model is.', { type: 'TryReport' }) },
  },
  '/{id}/labels': {
    summary: 'Gives the model its labels, one a line. Needs the token.',
    body: { content: { 'text/plain': 'text' } },
    answers: { 200: jsonAnswer('The guess at what the model is.', { type: 'TryReport' }) },
  },
  '/{id}/answer': {
    summary: 'Runs the model on a picture. Needs the token.',
    body: { content: { 'image/jpeg': 'bytes', 'image/png': 'bytes', 'image/webp': 'bytes' } },
    answers: { 200: jsonAnswer('The predictions.', { type: 'TryAnswer' }) },
  },
  '/{id}/serve': {
    summary: 'Hands the package of the model to the agent. Needs the token.',
    answers: { 200: jsonAnswer('How to keep the model.', { type: 'TryServed' }) },
  },
};

/** Models that somebody drops on the page go to the service of `npm start`, which has the tools to package them; a device has none. */
export function tryRoutes(ports: ApiPorts): readonly Route[] {
  return Object.entries(ROUTES).map(([path, api]) => ({
    method: 'POST',
    path: `/api/tries${path}`,
    api,
    handle: (request, response) => forward(ports, request, response),
  }));
}

/** Byte for byte: a model may be larger than the memory of the console. */
function forward({ audit, trySocket }: ApiPorts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const visitor = visitorOf(request);
  const path = request.url ?? '';
  const done = (outcome: string): void => audit.add(visitor, { what: 'asked', path, outcome });
  if (trySocket === '') {
    done('console.no-tools');
    throw consoleErrors.error('console.no-tools', 'this device takes packages of models, not models');
  }
  return new Promise((resolve) => {
    const failed = (thrown: unknown): void => {
      const message = `the service that tries models does not answer: ${messageOf(thrown)}`;
      done(sendError(response, consoleErrors.error('console.no-tools', message, { cause: thrown })).code);
      resolve();
    };
    const { 'content-type': type = 'application/octet-stream', 'content-length': length } = request.headers;
    const headers = { 'content-type': type, ...(length === undefined ? {} : { 'content-length': length }) };
    const outgoing = httpRequest(
      { socketPath: trySocket, path: path.replace(/^\/api/, '/v1'), method: 'POST', headers, agent: false },
      (answer) => {
        const { statusCode = 500, headers: said } = answer;
        response.writeHead(statusCode, { 'content-type': said['content-type'] ?? 'application/json' });
        pipeline(answer, response, () => {
          done(statusCode < 300 ? 'done' : String(statusCode));
          resolve();
        });
      },
    );
    outgoing.once('error', failed);
    response.once('close', () => outgoing.destroy());
    request.pipe(outgoing);
  });
}
