import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Logger } from '#packages/foundation';
import { METADATA_HEADER, PREDICTION_HEADER, send, sendError, sendJson } from '#packages/http';
import type { FeedbackHealth } from '#packages/http';
import { intakeErrors } from '../intake/errors.ts';
import type { FeedbackIntake } from '../intake/feedback-intake.ts';
import { feedbackHttpErrors } from './errors.ts';
import { jsonHeader } from './json-header.ts';
import type { InputReader } from './read-input.ts';

export interface FeedbackRouterPorts {
  /** Undefined while the component starts or stops. */
  readonly intake: () => FeedbackIntake | undefined;
  readonly reader: InputReader;
  readonly health: () => FeedbackHealth;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
  readonly log: Logger;
}

/** The uploader's HTTP API. */
export function feedbackRouter(ports: FeedbackRouterPorts): RequestListener {
  return (request, response) => {
    // The client hung up: nobody is left to be told.
    response.on('error', () => undefined);
    route(ports, request, response).catch((thrown: unknown) => {
      const error = sendError(response, thrown);
      if (error.code === 'internal') ports.log.error({ error: thrown, url: request.url }, 'http.fault');
    });
  };
}

async function route(ports: FeedbackRouterPorts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const [, configId] = /^\/v1\/feedback\/([^/]+)$/.exec(path) ?? [];
  if (configId !== undefined) {
    allow(request, path, 'POST');
    return takeFeedback(ports, decoded(configId), request, response);
  }
  if (path === '/healthz') {
    allow(request, path, 'GET');
    const health = ports.health();
    return sendJson(response, health.status === 'ok' ? 200 : 503, health);
  }
  if (path === '/metrics') {
    allow(request, path, 'GET');
    return send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await ports.metrics());
  }
  throw feedbackHttpErrors.error('feedback.no-route', `there is nothing at ${path}`, { facts: { path } });
}

/** The body is the model input; prediction and metadata are in headers, so that a sample may be dropped without its body. */
async function takeFeedback(
  { intake, reader }: FeedbackRouterPorts,
  configId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const open = intake();
  if (!open) throw intakeErrors.error('feedback.not-ready', 'the uploader takes no samples now');
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client hung up')));
  let release: () => void = () => undefined;
  try {
    const answer = await open.handle({
      configId,
      prediction: jsonHeader(request, PREDICTION_HEADER),
      metadata: jsonHeader(request, METADATA_HEADER),
      readInput: async (maxBytes) => {
        const body = await reader.read(request, maxBytes, gone.signal);
        release = body.release;
        return body.input;
      },
    });
    sendJson(response, answer.status === 'accepted' ? 202 : 200, answer);
  } finally {
    release();
  }
}

function allow({ method }: IncomingMessage, path: string, allowed: 'GET' | 'POST'): void {
  if (method === allowed || (method === 'HEAD' && allowed === 'GET')) return;
  const message = `${method} is not possible on ${path}, only ${allowed} is`;
  throw feedbackHttpErrors.error('feedback.method-not-allowed', message, { facts: { path, allow: allowed } });
}

/** What is not percent-encoded UTF-8 is no ConfigId either. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
