import type { ServerResponse } from 'node:http';
import { jsonAnswer, sendJson } from '#packages/http';
import type { HttpAnswer, Route, RouteDescription } from '#packages/http';
import type { ApiPorts } from './api-ports.ts';
import { thumbnailOf } from './thumbnail.ts';

/** Longest wait for a golden picture: it runs the model, behind the requests of the cameras. */
const ANSWER_MS = 15_000;

/** Details that the page asks for when somebody opens them: packages of models with their golden pictures, and samples that wait. */
export function deviceRoutes({ device: { agent, feedback } }: ApiPorts): readonly Route[] {
  return [
    get('/api/models/{alias}/package', PACKAGE, async (response, alias) =>
      sendJson(response, 200, await agent.json(`/v1/models/${encodeURIComponent(alias)}/package`)),
    ),
    get('/api/models/{alias}/golden/{index}', GOLDEN, async (response, alias, index) =>
      sendPicture(response, await agent.bytes(golden(alias, index))),
    ),
    get('/api/models/{alias}/golden/{index}/answer', GOLDEN_ANSWER, async (response, alias, index) =>
      sendJson(response, 200, await agent.json(`${golden(alias, index)}/answer`, { timeoutMs: ANSWER_MS })),
    ),
    get('/api/samples/{id}', SAMPLE, async (response, id) =>
      sendJson(response, 200, await feedback.json(`/v1/spool/${encodeURIComponent(id)}`)),
    ),
    get('/api/samples/{id}/thumbnail', THUMBNAIL, async (response, id) => {
      const { body } = await feedback.bytes(`/v1/spool/${encodeURIComponent(id)}/input`);
      const picture = await thumbnailOf(body);
      // A sample never changes.
      const headers = { 'content-type': 'image/webp', 'cache-control': 'private, max-age=86400, immutable' };
      response.writeHead(200, { ...headers, 'content-length': picture.length });
      response.end(picture);
    }),
  ];
}

const PACKAGE: RouteDescription = {
  summary: 'Gives what the package of a serving model says of itself.',
  answers: { 200: jsonAnswer('The package.', { type: 'PackageReport' }) },
};
const GOLDEN: RouteDescription = {
  summary: 'Gives a golden picture of a serving model.',
  answers: {
    200: { is: 'The picture.', content: { 'image/jpeg': 'bytes', 'image/png': 'bytes', 'image/webp': 'bytes' } },
  },
};
const GOLDEN_ANSWER: RouteDescription = {
  summary: 'Runs a serving model on one of its golden pictures.',
  answers: { 200: jsonAnswer('The answer, and how it differs from the expected one.', { type: 'GoldenAnswer' }) },
};
const SAMPLE: RouteDescription = {
  summary: 'Describes a sample that waits to be uploaded.',
  answers: { 200: jsonAnswer('The sample without its input.', { type: 'SampleReport' }) },
};
const THUMBNAIL: RouteDescription = {
  summary: 'Gives a small picture of a sample that waits.',
  answers: { 200: { is: 'The picture.', content: { 'image/webp': 'bytes' } } },
};

function get(
  path: string,
  api: RouteDescription,
  handle: (response: ServerResponse, ...words: string[]) => Promise<void>,
): Route {
  return { method: 'GET', path, api, handle: (_request, response, ...words) => handle(response, ...words) };
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
