import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { wireErrorOf } from '#packages/foundation';
import { DEADLINE_HEADER, send, sendJson } from '#packages/http';
import type { Route } from '#packages/http';
import type { BufferPool } from '../../buffers/buffer-pool.ts';
import { agentErrors } from '../../errors.ts';
import { announcedLength, bodyTooLarge, readBody, readJson } from '../../http/body.ts';
import type { OpenInference } from '../open-inference.ts';
import { readInferBody } from './read-infer-body.ts';
import { writeInferAnswer } from './write-infer-answer.ts';

export interface OpenInferenceHttp {
  readonly service: OpenInference;
  readonly buffers: BufferPool;
  readonly maxBodyBytes: () => number;
}

const HEADER_LENGTH = 'inference-header-content-length';

/** What anybody may ask by Open Inference Protocol v2. Source: the protocol's specification, "HTTP/REST". */
export function openInferenceRoutes(ports: OpenInferenceHttp): readonly Route[] {
  const { service } = ports;
  const model = (path: string, handle: ModelHandler): readonly Route[] =>
    ['', '/versions/{version}'].map((version) => ({
      method: path === '/infer' ? 'POST' : 'GET',
      path: `/v2/models/{model}${version}${path}`,
      handle: answering((request, response, name = '', asked = '') => handle(request, response, name, asked)),
    }));
  return [
    ...model('/infer', (request, response, name, version) => infer(ports, request, response, name, version)),
    ...model('/ready', (_request, response, name, version) =>
      sendReady(response, service.isModelReady(name, version), { name }),
    ),
    ...model('', (_request, response, name, version) => sendJson(response, 200, service.model(name, version))),
    { method: 'GET', path: '/v2', handle: (_request, response) => sendJson(response, 200, service.server()) },
    { method: 'GET', path: '/v2/health/live', handle: (_request, response) => sendJson(response, 200, { live: true }) },
    { method: 'GET', path: '/v2/health/ready', handle: (_request, response) => sendReady(response, service.isReady) },
    {
      method: 'POST',
      path: '/v2/repository/index',
      handle: answering(async (request, response) => {
        const { ready } = checked(indexBody, await readJson(request));
        sendJson(response, 200, service.index(ready ?? false));
      }),
    },
  ];
}

/** What changes which models serve. */
export function openInferenceAdministration(service: OpenInference): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/v2/repository/models/{model}/load',
      handle: answering(async (request, response, name = '') => {
        const { parameters } = checked(loadBody, await readJson(request));
        const gone = new AbortController();
        response.once('close', () => gone.abort(new Error('the client hung up')));
        await service.load(name, parameters?.path, gone.signal);
        sendJson(response, 200, {});
      }),
    },
    {
      method: 'POST',
      path: '/v2/repository/models/{model}/unload',
      handle: answering(async (request, response, name = '') => {
        await readJson(request);
        await service.unload(name);
        sendJson(response, 200, {});
      }),
    },
  ];
}

type ModelHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  version: string,
) => Promise<void> | void;
type Handler = (request: IncomingMessage, response: ServerResponse, ...parameters: string[]) => Promise<void> | void;

const indexBody = z.object({ ready: z.boolean().optional() });
const loadBody = z.object({ parameters: z.object({ path: z.string().max(4096).optional() }).optional() });

async function infer(
  { service, buffers, maxBodyBytes }: OpenInferenceHttp,
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  version: string,
): Promise<void> {
  const maxBytes = maxBodyBytes();
  const length = announcedLength(request);
  if ((length ?? 0) > maxBytes) throw bodyTooLarge(length ?? 0, maxBytes);
  const headerBytes = headerLength(request);
  const deadlineMs = Number(request.headers[DEADLINE_HEADER]);
  const call = service.begin(name, { announcedBytes: length, ...(deadlineMs > 0 ? { deadlineMs } : {}) });
  response.once('close', () => {
    if (!response.writableFinished) call.cancel();
  });
  try {
    const bytes = await readBody(request, buffers, maxBytes, call);
    const { request: asked, isBinary } = readInferBody(bytes, headerBytes);
    const answer = writeInferAnswer(await service.infer(call, name, version, asked), isBinary);
    buffers.give(bytes.buffer);
    if (answer.headerBytes !== undefined) response.setHeader('Inference-Header-Content-Length', answer.headerBytes);
    const type = answer.headerBytes === undefined ? 'application/json' : 'application/octet-stream';
    send(response, 200, type, answer.body);
  } catch (thrown) {
    call.fail(thrown);
    throw thrown;
  }
}

function headerLength(request: IncomingMessage): number | undefined {
  const header = request.headers[HEADER_LENGTH];
  if (header === undefined) return undefined;
  const length = Number(header);
  if (Number.isSafeInteger(length) && length >= 0) return length;
  throw agentErrors.error('http.bad-request', `Inference-Header-Content-Length must be a number of bytes`);
}

/** Clients of the protocol take `error` for a text; what else is known goes beside it. */
function answering(handle: Handler): Handler {
  return async (request, response, ...parameters) => {
    try {
      await handle(request, response, ...parameters);
    } catch (thrown) {
      const error = wireErrorOf(thrown);
      if (response.headersSent) return void response.destroy();
      const { code, message, todo, facts } = error;
      const retryAfter = facts['retryAfterSeconds'] ?? (error.status === 503 ? 1 : undefined);
      if (typeof retryAfter === 'number') response.setHeader('retry-after', retryAfter);
      sendJson(response, error.status ?? 500, { error: `${message} ${todo}`.trim(), code });
    }
  };
}

/** The status says it; KServe's client reads the body. */
function sendReady(response: ServerResponse, ready: boolean, more: object = {}): void {
  sendJson(response, ready ? 200 : 503, { ...more, ready });
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw agentErrors.error(
    'http.bad-request',
    `the body is not valid: /${issue?.path.join('/') ?? ''}: ${issue?.message ?? ''}`,
  );
}
