import type { ServerResponse } from 'node:http';
import { sendJson } from '#packages/http';
import type { HttpAnswer, Route } from '#packages/http';
import type { ApiPorts } from './api-ports.ts';
import { thumbnailOf } from './thumbnail.ts';

/** Longest wait for a golden picture: it runs the model, behind the requests of the cameras. */
const ANSWER_MS = 15_000;

/** Details that the page asks for when somebody opens them: packages of models with their golden pictures, and samples that wait. */
export function deviceRoutes({ device: { agent, feedback } }: ApiPorts): readonly Route[] {
  return [
    get('/api/models/{alias}/package', async (response, alias) =>
      sendJson(response, 200, await agent.json(`/v1/models/${encodeURIComponent(alias)}/package`)),
    ),
    get('/api/models/{alias}/golden/{index}', async (response, alias, index) =>
      sendPicture(response, await agent.bytes(golden(alias, index))),
    ),
    get('/api/models/{alias}/golden/{index}/answer', async (response, alias, index) =>
      sendJson(response, 200, await agent.json(`${golden(alias, index)}/answer`, { timeoutMs: ANSWER_MS })),
    ),
    get('/api/samples/{id}', async (response, id) =>
      sendJson(response, 200, await feedback.json(`/v1/spool/${encodeURIComponent(id)}`)),
    ),
    get('/api/samples/{id}/thumbnail', async (response, id) => {
      const { body } = await feedback.bytes(`/v1/spool/${encodeURIComponent(id)}/input`);
      const picture = await thumbnailOf(body);
      // A sample never changes.
      const headers = { 'content-type': 'image/webp', 'cache-control': 'private, max-age=86400, immutable' };
      response.writeHead(200, { ...headers, 'content-length': picture.length });
      response.end(picture);
    }),
  ];
}

function get(path: string, handle: (response: ServerResponse, ...words: string[]) => Promise<void>): Route {
  return { method: 'GET', path, handle: (_request, response, ...words) => handle(response, ...words) };
}

function golden(alias: string, index: string): string {
  return `/v1/models/${encodeURIComponent(alias)}/golden/${encodeURIComponent(index)}`;
}

function sendPicture(response: ServerResponse, { headers, body }: HttpAnswer): void {
  response.writeHead(200, {
    'content-type': headers['content-type'] ?? 'application/octet-stream',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(body);
}
