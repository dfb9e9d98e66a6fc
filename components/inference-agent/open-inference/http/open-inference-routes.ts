import type { IncomingMessage, ServerResponse } from 'node:http';
import * as z from 'zod';
import { DEADLINE_HEADER, jsonAnswer, send, sendJson } from '#packages/http';
import type { Route, RouteDescription } from '#packages/http';
import type { BufferPool } from '../../buffers/buffer-pool.ts';
import { agentErrors } from '../../errors.ts';
import { announcedLength, bodyTooLarge, readBody, readJson } from '../../http/body.ts';
import type { OpenInference } from '../open-inference.ts';
import { inferBody, readInferBody } from './read-infer-body.ts';
import { writeInferAnswer } from './write-infer-answer.ts';

export interface OpenInferenceHttp {
  readonly service: OpenInference;
  readonly buffers: BufferPool;
  readonly maxBodyBytes: () => number;
}

const HEADER_LENGTH = 'inference-header-content-length';

/** Routes of Open Inference Protocol v2 that do not change which models serve. Source: the protocol's specification, "HTTP/REST". */
export function openInferenceRoutes(ports: OpenInferenceHttp): readonly Route[] {
  const { service } = ports;
  const model = (path: string, api: RouteDescription, handle: ModelHandler): readonly Route[] =>
    ['', '/versions/{version}'].map((version) => ({
      method: path === '/infer' ? 'POST' : 'GET',
      path: `/v2/models/{model}${version}${path}`,
      api,
      handle: (request, response, name = '', asked = '') => handle(request, response, name, asked),
    }));
  const routes: readonly Route[] = [
    ...model('/infer', INFER, (request, response, name, version) => infer(ports, request, response, name, version)),
    ...model('/ready', READY, (_request, response, name, version) =>
      sendReady(response, service.isModelReady(name, version), { name }),
    ),
    ...model('', METADATA, (_request, response, name, version) =>
      sendJson(response, 200, service.model(name, version)),
    ),
    {
      method: 'GET',
      path: '/v2',
      api: {
        summary: 'Describes the server.',
        answers: { 200: jsonAnswer('Its name, version and extensions.', { type: 'ServerMetadata' }) },
      },
      handle: (_request, response) => sendJson(response, 200, service.server()),
    },
    {
      method: 'GET',
      path: '/v2/health/live',
      api: {
        summary: 'Says that the server answers.',
        answers: { 200: jsonAnswer('It does.', { type: 'Liveness' }) },
      },
      handle: (_request, response) => sendJson(response, 200, { live: true }),
    },
    {
      method: 'GET',
      path: '/v2/health/ready',
      api: { ...READY, summary: 'Says whether the server takes requests.' },
      handle: (_request, response) => sendReady(response, service.isReady),
    },
    {
      method: 'POST',
      path: '/v2/repository/index',
      api: {
        summary: 'Lists the models.',
        body: { content: { 'application/json': { schema: indexBody } } },
        answers: { 200: jsonAnswer('One element for each model.', { listOf: 'RepositoryModel' }) },
      },
      async handle(request, response) {
        const { ready } = checked(indexBody, await readJson(request));
        sendJson(response, 200, service.index(ready ?? false));
      },
    },
  ];
  return routes.map((route) => ({ ...route, errorBody }));
}

/** Routes that change which models serve. */
export function openInferenceAdministration(service: OpenInference): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/v2/repository/models/{model}/load',
      api: {
        summary: 'Activates a model package, as `POST /v1/models/activate` does.',
        body: { content: { 'application/json': { schema: loadBody } } },
        answers: { 200: jsonAnswer('An empty object, once the model serves.', { schema: nothing }) },
      },
      errorBody,
      async handle(request, response, name = '') {
        const { parameters } = checked(loadBody, await readJson(request));
        const gone = new AbortController();
        response.once('close', () => gone.abort(new Error('the client hung up')));
        await service.load(name, parameters?.path, gone.signal);
        sendJson(response, 200, {});
      },
    },
    {
      method: 'POST',
      path: '/v2/repository/models/{model}/unload',
      api: {
        summary: 'Takes a model out of service.',
        answers: { 200: jsonAnswer('An empty object.', { schema: nothing }) },
      },
      errorBody,
      async handle(request, response, name = '') {
        await readJson(request);
        await service.unload(name);
        sendJson(response, 200, {});
      },
    },
  ];
}

/** The routes for callers that `authorize` does not throw for. */
export function authorized(
  routes: readonly Route[],
  authorize: (authorization: string | undefined) => void,
): readonly Route[] {
  return routes.map((route) => ({
    ...route,
    handle(request, response, ...parameters) {
      authorize(request.headers.authorization);
      return route.handle(request, response, ...parameters);
    },
  }));
}

const INFER: RouteDescription = {
  summary: 'Runs a model on tensors, or on a picture given as the input `image`.',
  headers: {
    [HEADER_LENGTH]: 'Bytes of the JSON at the start of the body, if binary data of inputs follow it.',
    [DEADLINE_HEADER]: 'Milliseconds that the answer may take; the time-out of the service is the upper bound.',
  },
  body: { content: { 'application/json': { schema: inferBody }, 'application/octet-stream': 'bytes' } },
  answers: {
    200: {
      is: 'The outputs; binary data behind them if the request asks for such.',
      content: { 'application/json': { type: 'InferenceResponse' }, 'application/octet-stream': 'bytes' },
    },
  },
};

const READY: RouteDescription = {
  summary: 'Says whether a model takes requests.',
  answers: {
    200: jsonAnswer('It does.', { type: 'Readiness' }),
    503: jsonAnswer('It does not.', { type: 'Readiness' }),
  },
};

const METADATA: RouteDescription = {
  summary: 'Describes a model: the names, types and shapes of its inputs and outputs.',
  answers: { 200: jsonAnswer('The model.', { type: 'ModelMetadata' }) },
};

type ModelHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  version: string,
) => Promise<void> | void;

const nothing = z.strictObject({});
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
  const { bytes, body } = await call.reading(async () => {
    const read = await readBody(request, buffers, maxBytes, call);
    return { bytes: read, body: readInferBody(read, headerBytes) };
  });
  const answer = writeInferAnswer(await service.infer(call, name, version, body.request), body.isBinary);
  buffers.give(bytes.buffer);
  if (answer.headerBytes !== undefined) response.setHeader('Inference-Header-Content-Length', answer.headerBytes);
  const type = answer.headerBytes === undefined ? 'application/json' : 'application/octet-stream';
  send(response, 200, type, answer.body);
}

function headerLength(request: IncomingMessage): number | undefined {
  const header = request.headers[HEADER_LENGTH];
  if (header === undefined) return undefined;
  const length = Number(header);
  if (Number.isSafeInteger(length) && length >= 0) return length;
  throw agentErrors.error('http.bad-request', `Inference-Header-Content-Length must be a number of bytes`);
}

/** Clients of the protocol take `error` for a text; what else is known goes beside it. */
const errorBody: NonNullable<Route['errorBody']> = ({ code, message, todo }) => ({
  error: `${message} ${todo}`.trim(),
  code,
});

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
