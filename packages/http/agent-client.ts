import { fromWire } from '#packages/foundation';
import type { FrameReference } from '#packages/frames';
import { DEADLINE_HEADER } from './api/agent-api.ts';
import type {
  ActivateProgress,
  ActivateRequest,
  ErrorBody,
  HealthStatus,
  InvokeResult,
  ModelRole,
  ModelStatus,
} from './api/agent-api.ts';
import type { ChallengerReport } from './api/challenger-api.ts';
import type { FileInvocation, FrameInvocation, LeaseRequest } from './api/frame-api.ts';
import { answerReader } from './answers.ts';
import type { HttpAnswer, HttpClient, HttpClientOptions, HttpRequest } from './http-client.ts';
import { createHttpClient, DEFAULT_TIMEOUT_MS } from './http-client.ts';
import { leaseRing } from './lease-ring.ts';
import type { HeldLease } from './lease-ring.ts';
import { MessageClient } from './messages/message-client.ts';
import { AskByHttp } from './messages/message-line.ts';
import { ndjsonLines } from './ndjson.ts';
import { AGENT } from './peer.ts';
import { administrationSocketBeside } from './socket-path.ts';

export interface InvokeOptions extends CallOptions {
  /** E.g. `image/jpeg`, `image/png`, `image/tiff`. */
  readonly contentType: string;
  /** The agent answers with an error rather than after this many milliseconds. */
  readonly deadlineMs?: number;
  /** Whose arrays these are: a model that hands a state on continues with the one that the call before has left. Default: it begins with zeros. */
  readonly sequence?: string | undefined;
}

export type FrameInvokeOptions = Omit<InvokeOptions, 'contentType' | 'sequence'>;

interface CallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface AgentClientOptions extends HttpClientOptions {
  /** Socket or pipe for `activate`, `retire` and `rollback`. Default: `admin.sock` in the folder of the other. */
  readonly adminSocketPath?: string | undefined;
  /** Whether models are asked by messages on one connection, which costs less, where the agent takes them. Default: false, by HTTP. */
  readonly messages?: boolean | undefined;
}

/** The agent's HTTP API, on both of its sockets. Errors that the agent sends arrive as the EdgeError that it made. */
export interface AgentClient {
  invoke(service: string, image: Uint8Array, options: InvokeOptions): Promise<InvokeResult>;
  /** The same for an image file below a folder that the agent allows (`ImageFolders`): only its absolute path is sent. */
  invokeFile(service: string, path: string, options?: Omit<InvokeOptions, 'contentType'>): Promise<InvokeResult>;
  /** As `invoke`, for a frame that lies in a leased ring. */
  invokeFrame(service: string, frame: FrameReference, options?: FrameInvokeOptions): Promise<InvokeResult>;
  /**
   * Leases a ring for the frames of one stream; the ring goes when the lease ends, which it also does by itself, e.g. with the agent.
   * @throws EdgeError `frames.memory-full`, `frames.unavailable`
   */
  leaseRing(request: LeaseRequest, options: { readonly signal: AbortSignal }): Promise<HeldLease>;
  models(options?: CallOptions): Promise<readonly ModelStatus[]>;
  /** Resolves with the `done` line; each line before it goes to `onProgress`. Time-out by default 10 minutes. */
  activate(request: ActivateRequest, options?: ActivateOptions): Promise<ActivateDone>;
  retire(alias: string, options?: RetireOptions): Promise<ModelStatus>;
  rollback(alias: string, options?: CallOptions): Promise<ModelStatus>;
  /** Models that run beside those that serve, and how they compare. */
  challengers(options?: CallOptions): Promise<readonly ChallengerReport[]>;
  /** Lets the challenger of an alias serve it, the same way as any activation. */
  promoteChallenger(alias: string, options?: ActivateOptions): Promise<ActivateDone>;
  /** Ends the challenger of an alias and forgets it. */
  stopChallenger(alias: string, options?: CallOptions): Promise<void>;
  health(options?: CallOptions): Promise<HealthStatus>;
  /** Prometheus text. */
  metrics(options?: CallOptions): Promise<string>;
  close(): void;
}

interface RetireOptions extends CallOptions {
  /** Only if the model was activated from this package: a newer one that has taken over meanwhile stays. */
  readonly path?: string;
  /** Default: `champion`. */
  readonly role?: ModelRole;
}

interface ActivateOptions extends CallOptions {
  readonly onProgress?: (progress: ActivateProgress) => void;
}

export type ActivateDone = Extract<ActivateProgress, { phase: 'done' }>;

const answers = answerReader(AGENT);
const JSON_TYPE = { 'content-type': 'application/json' };
const JSON_BODY = { contentType: 'application/json' } as const;
const ACTIVATE_TIMEOUT_MS = 600_000;
/** Time for the agent to say itself that the deadline has passed. */
const DEADLINE_MARGIN_MS = 1_000;

/** @throws (all methods) EdgeError: the agent's own, `agent.unreachable`, `agent.connection-lost`, `agent.timeout`, `agent.bad-answer`. */
export function createAgentClient({ adminSocketPath, messages, ...options }: AgentClientOptions): AgentClient {
  const http = createHttpClient(options);
  const asks: Asks = {
    http,
    timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS,
    ...(messages === true ? { messages: new MessageClient(options.socketPath, options.clock) } : {}),
  };
  const administration = createHttpClient({
    ...options,
    socketPath: adminSocketPath ?? administrationSocketBeside(options.socketPath),
  });
  return {
    invoke: (service, image, options) => invoke(asks, service, { image }, options),
    invokeFile: (service, path, options = {}) => invoke(asks, service, { path }, { ...options, ...JSON_BODY }),
    invokeFrame: (service, frame, options = {}) => invoke(asks, service, { frame }, { ...options, ...JSON_BODY }),
    leaseRing: (request, { signal }) =>
      leaseRing(options.socketPath, request, { signal, ...(options.clock ? { clock: options.clock } : {}) }),
    models: (call) => json(http, { method: 'GET', path: '/v1/models', ...call }),
    activate: (request, call = {}) => activate(administration, '/v1/models/activate', request, call),
    retire: (alias, { path, role, ...call } = {}) =>
      json(administration, {
        method: 'POST',
        path: modelPath(alias, 'retire'),
        ...(path || role ? { body: JSON.stringify({ path, role }), headers: JSON_TYPE } : {}),
        ...call,
      }),
    rollback: (alias, call) => json(administration, { method: 'POST', path: modelPath(alias, 'rollback'), ...call }),
    challengers: (call) => json(http, { method: 'GET', path: '/v1/challengers', ...call }),
    promoteChallenger: (alias, call = {}) => activate(administration, modelPath(alias, 'challenger/promote'), {}, call),
    stopChallenger: async (alias, call) => {
      await json(administration, { method: 'POST', path: modelPath(alias, 'challenger/stop'), ...call });
    },
    health: async (call) => healthOf(await http.request({ method: 'GET', path: '/healthz', ...call })),
    metrics: async (call) =>
      answers.checked(await http.request({ method: 'GET', path: '/metrics', ...call })).body.toString(),
    close() {
      http.close();
      asks.messages?.close();
      administration.close();
    },
  };
}

interface Asks {
  readonly http: HttpClient;
  readonly timeoutMs: number;
  readonly messages?: MessageClient;
}

type Asked = FrameInvocation | FileInvocation | { readonly image: Uint8Array };

function invoke(asks: Asks, service: string, asked: Asked, options: InvokeOptions): Promise<InvokeResult> {
  const { contentType, deadlineMs, sequence, signal } = options;
  const timeoutMs = options.timeoutMs ?? (deadlineMs ? deadlineMs + DEADLINE_MARGIN_MS : asks.timeoutMs);
  // Few models hand a state on, and messages do not carry one.
  if (!asks.messages || sequence !== undefined)
    return invokeByHttp(asks.http, service, asked, { ...options, timeoutMs });
  const type = 'image' in asked ? { contentType } : undefined;
  return asks.messages
    .invoke({ service, ...asked, ...type, ...(deadlineMs ? { deadlineMs } : undefined), timeoutMs, signal })
    .catch((thrown: unknown) => {
      if (thrown instanceof AskByHttp) return invokeByHttp(asks.http, service, asked, { ...options, timeoutMs });
      throw thrown;
    });
}

function invokeByHttp(
  http: HttpClient,
  service: string,
  asked: Asked,
  { contentType, deadlineMs, sequence, ...call }: InvokeOptions,
): Promise<InvokeResult> {
  return json(http, {
    method: 'POST',
    path: `/v1/services/${encodeURIComponent(service)}/invoke${sequence === undefined ? '' : `?sequence=${encodeURIComponent(sequence)}`}`,
    body: 'image' in asked ? asked.image : JSON.stringify(asked),
    headers: { 'content-type': contentType, ...(deadlineMs ? { [DEADLINE_HEADER]: String(deadlineMs) } : {}) },
    ...call,
  });
}

async function activate(
  http: HttpClient,
  path: string,
  request: Partial<ActivateRequest>,
  options: ActivateOptions,
): Promise<ActivateDone> {
  const { onProgress, ...call } = options;
  let last: ActivateProgress | undefined;
  const lines = ndjsonLines((line) => {
    last = line as ActivateProgress;
    onProgress?.(last);
  });
  const answer = await http.request({
    method: 'POST',
    path,
    body: JSON.stringify(request),
    headers: JSON_TYPE,
    timeoutMs: ACTIVATE_TIMEOUT_MS,
    onChunk: (chunk) => lines.push(chunk),
    ...call,
  });
  answers.checked(answer);
  lines.end();
  if (last?.phase === 'done') return last;
  if (last?.phase === 'failed') throw fromWire(last.error);
  throw answers.badAnswer(path, `the progress ended with "${last?.phase ?? 'nothing'}", not with "done" or "failed"`);
}

async function json<Body>(http: HttpClient, request: HttpRequest): Promise<Body> {
  return answers.parsed(request.path, answers.checked(await http.request(request))) as Body;
}

/** 503 of `/healthz` still carries a HealthStatus. */
function healthOf(answer: HttpAnswer): HealthStatus {
  const body = answers.parsed('/healthz', answer) as HealthStatus | ErrorBody;
  if ('error' in body) throw fromWire(body.error);
  return body;
}

type ModelVerb = 'retire' | 'rollback' | 'challenger/promote' | 'challenger/stop';

function modelPath(alias: string, verb: ModelVerb): string {
  return `/v1/models/${encodeURIComponent(alias)}/${verb}`;
}
