import type { IncomingMessage, ServerResponse } from 'node:http';
import { wireErrorOf } from '#packages/foundation';
import { jsonAnswer, readBody, sendJson } from '#packages/http';
import type { Route } from '#packages/http';
import { consoleErrors } from '../errors.ts';
import { visitorOf } from '../guard/audit-log.ts';
import type { ApiPorts } from './api-ports.ts';

const MAX_SAMPLE_BYTES = 4_096;
const MAX_IMAGE_BYTES = 32_000_000;

/** Requests that change something, or make the device work: they need the token, and the audit log has them. */
export function writeRoutes(ports: ApiPorts): readonly Route[] {
  const { device } = ports;
  return [
    {
      method: 'POST',
      path: '/api/sources/{source}/samples',
      api: {
        summary: 'Keeps a frame that is or was shown in the last seconds. Needs the token.',
        body: { content: { 'application/json': { type: 'KeepRequest' } } },
        answers: { 200: jsonAnswer('The answer of the feedback uploader.', { type: 'FeedbackAnswer' }) },
      },
      handle: (request, response, source: string) =>
        written(ports, request, response, 'wrote', async () => {
          const body = await readBody(request, MAX_SAMPLE_BYTES, () => tooLarge(MAX_SAMPLE_BYTES));
          const path = `/v1/sources/${encodeURIComponent(source)}/samples`;
          return device.app.json(path, { method: 'POST', body, headers: JSON_TYPE });
        }),
    },
    {
      method: 'POST',
      path: '/api/services/{service}/answer',
      api: {
        summary: 'Runs the model of a service on a picture. Needs the token.',
        body: { content: { 'image/jpeg': 'bytes', 'image/png': 'bytes', 'image/webp': 'bytes' } },
        answers: { 200: jsonAnswer('The predictions.', { type: 'InvokeResult' }) },
      },
      handle: (request, response, service: string) =>
        written(ports, request, response, 'asked', async () => {
          const body = await readBody(request, MAX_IMAGE_BYTES, () => tooLarge(MAX_IMAGE_BYTES));
          const headers = { 'content-type': request.headers['content-type'] ?? 'image/jpeg' };
          const path = `/v1/services/${encodeURIComponent(service)}/invoke`;
          return device.agent.json(path, { method: 'POST', body, headers, timeoutMs: 15_000 });
        }),
    },
  ];
}

export const JSON_TYPE = { 'content-type': 'application/json' };

/** Does what a request asks, and writes into the audit log who asked and what came of it. */
export async function written(
  { audit }: ApiPorts,
  request: IncomingMessage,
  response: ServerResponse,
  what: 'asked' | 'wrote',
  work: () => Promise<unknown>,
): Promise<void> {
  const visitor = visitorOf(request);
  const path = request.url ?? '';
  try {
    const answer = await work();
    audit.add(visitor, { what, path, outcome: 'done' });
    sendJson(response, 200, answer);
  } catch (thrown) {
    audit.add(visitor, { what, path, outcome: wireErrorOf(thrown).code });
    throw thrown;
  }
}

export function tooLarge(maxBytes: number): Error {
  const message = `the request has more than ${maxBytes} bytes`;
  return consoleErrors.error('console.too-large', message, { facts: { maxBytes } });
}
