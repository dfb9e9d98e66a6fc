import http from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { DEADLINE_HEADER, MESSAGES_PATH, RING_LEASE_PATH } from '#packages/http';
import type { ErrorBody, InvokeResult, ModelStatus } from '#packages/http';
import type { Prediction } from '#packages/model-package';

export interface Invocation {
  readonly service: string;
  readonly contentType: string | undefined;
  readonly deadlineMs: number;
  readonly body: Buffer;
}

/** Predictions, or the error that the agent answers with. */
export type Answer =
  readonly Prediction[] | { readonly status: number; readonly code: string; readonly retryAfterSeconds?: number };

/** An agent's HTTP API on a real socket, with answers from a script. It reads no files: each image comes with its bytes. */
export class ScriptedAgent {
  readonly socketPath: string;
  readonly invocations: Invocation[] = [];
  /** What `/v1/models` lists. */
  active: string[] = [];
  /** Those of them that are retiring. */
  readonly retiring = new Set<string>();
  /** Services that `/healthz` says are on their way. */
  expected: string[] = [];
  /** By service; `object-detection` for others. */
  readonly tasks = new Map<string, string>();
  /** Predictions that packages keep, by service. */
  readonly bounds = new Map<string, NonNullable<ModelStatus['bounds']>>();
  provider = 'cpu';
  answer: (invocation: Invocation) => Answer | Promise<Answer> = () => [
    { classId: 1, label: 'bolt', score: 0.91234, box: [0.1, 0.1, 0.5, 0.5] },
  ];
  #server: Server | undefined;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
  }

  async start(): Promise<void> {
    const server = (this.#server = http.createServer((request, response) => void this.#serve(request, response)));
    await new Promise<void>((resolve) => server.listen(this.socketPath, resolve));
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.closeAllConnections();
    if (server) await new Promise((resolve) => server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url === '/healthz') {
      const status = this.expected.length > 0 ? 'starting' : 'ok';
      return send(response, 200, { status, services: this.active, expected: this.expected });
    }
    if (request.url === '/v1/models')
      return send(
        response,
        200,
        this.active.map((alias) => ({
          ...modelStatus(alias, this.tasks.get(alias)),
          ...(this.bounds.has(alias) ? { bounds: this.bounds.get(alias) } : {}),
          ...(this.retiring.has(alias) ? { state: 'retiring' } : {}),
        })),
      );
    if (request.url === MESSAGES_PATH) return send(response, 404, errorBody('http.not-found', 404));
    if (request.url === RING_LEASE_PATH) return send(response, 501, errorBody('frames.unavailable', 501));
    const service = decodeURIComponent(/^\/v1\/services\/([^/]+)\/invoke$/.exec(request.url ?? '')?.[1] ?? '');
    const invocation: Invocation = {
      service,
      contentType: request.headers['content-type'],
      deadlineMs: Number(request.headers[DEADLINE_HEADER]),
      body: Buffer.concat(chunks),
    };
    if (invocation.contentType === 'application/json')
      return send(response, 403, errorBody('invoke.folder-not-allowed', 403));
    this.invocations.push(invocation);
    const answer = await this.answer(invocation);
    if ('code' in answer)
      return send(response, answer.status, errorBody(answer.code, answer.status), answer.retryAfterSeconds);
    send(response, 200, { ...resultOf(service, answer, this.invocations.length), provider: this.provider });
  }
}

function send(response: ServerResponse, status: number, body: unknown, retryAfterSeconds?: number): void {
  const headers = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

function errorBody(code: string, status: number): ErrorBody {
  return { error: { code, message: `scripted ${code}`, todo: 'Nothing.', status, facts: {} } };
}

function modelStatus(alias: string, task = 'object-detection'): Partial<ModelStatus> {
  return { alias, name: alias, state: 'active', task };
}

function resultOf(service: string, predictions: readonly Prediction[], count: number): InvokeResult {
  return {
    id: `request-${count}`,
    service,
    model: { alias: service, name: service, version: '1.0.0', generation: 1, hash: 'ab'.repeat(32) },
    provider: 'cpu',
    variant: 'model.onnx',
    image: { width: 64, height: 48 },
    predictions,
    timings: { decodeMs: 1.23456, preprocessMs: 0.5, runMs: 7, postprocessMs: 0.1, totalMs: 9 },
  };
}
