import { readFile } from 'node:fs/promises';
import { isEdgeError, readEnvironment, sleep, systemClock } from '#packages/foundation';
import { AGENT, answerReader, createHttpClient, DEADLINE_HEADER } from '#packages/http';
import type { HttpAnswer, HttpClient } from '#packages/http';
import { Absence } from './absence.ts';
import { inferAnswer, inferBody } from './agent-tensors.ts';
import { AgentError } from './agent-types.ts';
import type { AgentModel, AgentResult, AgentTensor, AgentTensorInfo } from './agent-types.ts';
import type { ClientOptions } from './client-options.ts';
import { timeoutOf } from './client-options.ts';
import { socketOf } from './service.ts';

/** An `AbortSignal`. */
export interface CallSignal {
  readonly aborted: boolean;
}

export interface CallOptions {
  /** Longest time for the call with all its attempts. Default: the client's. */
  readonly timeoutMs?: number;
  /** Aborts the call; the agent then stops working for it. */
  readonly signal?: CallSignal;
}

export interface InferOptions extends CallOptions {
  /** Names of the outputs that are wanted. Default: all. */
  readonly outputs?: readonly string[];
  /** Of Open Inference Protocol, e.g. `{ sequence_id: 7, sequence_start: true }`. */
  readonly parameters?: Readonly<Record<string, string | number | boolean>>;
}

const DEFAULT_TIMEOUT_MS = 10_000;
/** Time for the agent to say itself that the deadline has passed. */
const MARGIN_MS = 1_000;
const HEAD_LENGTH = 'inference-header-content-length';

/**
 * Asks the inference agent of this device for predictions and tensors. Calls may overlap.
 *
 * A request that the agent turns away for now (overload, a model that is loading) is sent again when the agent says, and while nobody listens
 * because the agent restarts, until the time of the call is over.
 *
 * @example
 * const agent = new Agent();
 * for (const { label, score, box } of (await agent.predict('PartsDetector', 'photo.jpg')).predictions) console.log(label, score, box);
 */
export class Agent {
  readonly #http: HttpClient;
  readonly #timeoutMs: number;

  /** @throws ValueError */
  constructor(options: ClientOptions = {}) {
    this.#timeoutMs = timeoutOf({ timeoutMs: DEFAULT_TIMEOUT_MS, ...options });
    const socketPath = socketOf(
      options.socketPath,
      readEnvironment().agentSocket,
      'edgeml.InferenceAgent',
      'agent.sock',
    );
    this.#http = createHttpClient({ socketPath });
  }

  /**
   * Runs the model of a service on a picture.
   * @param picture the bytes of a JPEG, PNG or WebP file, or the path of one
   * @throws AgentError; the system's error for a file that cannot be read
   */
  async predict(service: string, picture: Uint8Array | string, options: CallOptions = {}): Promise<AgentResult> {
    const body = typeof picture === 'string' ? await readFile(picture) : picture;
    const path = `/v1/services/${encodeURIComponent(service)}/invoke`;
    return jsonOf(await this.#ask('POST', path, options, body)) as AgentResult;
  }

  /**
   * Runs a model on tensors, by Open Inference Protocol.
   * @returns tensors by the names of the outputs
   * @throws AgentError, ValueError
   */
  async infer(
    model: string,
    inputs: Readonly<Record<string, AgentTensor>>,
    options: InferOptions = {},
  ): Promise<Readonly<Record<string, AgentTensor>>> {
    const { headBytes, body } = inferBody(inputs, options.outputs, options.parameters ?? {});
    const headers = { 'content-type': 'application/octet-stream', [HEAD_LENGTH]: String(headBytes) };
    const answer = await this.#ask('POST', `/v2/models/${encodeURIComponent(model)}/infer`, options, body, headers);
    try {
      return inferAnswer(answer.body, Number(answer.headers[HEAD_LENGTH] ?? answer.body.length));
    } catch (cause) {
      throw new AgentError('the answer of the agent cannot be read', { code: 'agent.bad-answer', cause });
    }
  }

  /** Names, types and shapes of a model's inputs and outputs. @throws AgentError */
  async tensors(
    model: string,
    options: CallOptions = {},
  ): Promise<{ readonly inputs: readonly AgentTensorInfo[]; readonly outputs: readonly AgentTensorInfo[] }> {
    return jsonOf(await this.#ask('GET', `/v2/models/${encodeURIComponent(model)}`, options)) as never;
  }

  /** The models that serve. @throws AgentError */
  async models(options: CallOptions = {}): Promise<readonly AgentModel[]> {
    return jsonOf(await this.#ask('GET', '/v1/models', options)) as never;
  }

  /** Closes the connections that are kept; they do not keep the process alive either way. */
  close(): void {
    this.#http.close();
  }

  async #ask(
    method: 'GET' | 'POST',
    path: string,
    options: CallOptions,
    body?: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<HttpAnswer> {
    const end = systemClock.monotonic() + timeoutOf({ timeoutMs: this.#timeoutMs, ...options });
    // Declared by what every project knows, whatever types it has of Node.js.
    const signal = options.signal as AbortSignal | undefined;
    const absence = new Absence();
    for (;;) {
      const leftMs = Math.max(1, Math.floor(end - systemClock.monotonic()));
      try {
        const answer = await this.#http.request({
          method,
          path,
          headers: { ...headers, [DEADLINE_HEADER]: String(leftMs) },
          timeoutMs: leftMs + MARGIN_MS,
          ...(body ? { body } : {}),
          ...(signal ? { signal } : {}),
        });
        return checked(answer);
      } catch (thrown) {
        const error = errorOf(thrown);
        const pauseMs = error instanceof AgentError ? (absence.pauseAfter(thrown) ?? error.retryAfterMs) : undefined;
        if (pauseMs === undefined || systemClock.monotonic() + pauseMs >= end) throw error;
        await sleep(systemClock, pauseMs, signal);
      }
    }
  }
}

/** @throws AgentError for an answer in the form of Open Inference Protocol; EdgeError for others */
function checked(answer: HttpAnswer): HttpAnswer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  const { error, code } = jsonOf(answer) as { readonly error?: unknown; readonly code?: unknown };
  if (typeof error !== 'string' || typeof code !== 'string') return answerReader(AGENT).checked(answer);
  const seconds = Number(answer.headers['retry-after'] ?? NaN);
  throw new AgentError(error, { code, retryAfterMs: Number.isFinite(seconds) ? seconds * 1000 : undefined });
}

function errorOf(thrown: unknown): unknown {
  if (!isEdgeError(thrown)) return thrown;
  const { code, message, todo, facts } = thrown;
  const { retryAfterMs } = facts as { readonly retryAfterMs?: number };
  return new AgentError(message, { code, todo, retryAfterMs, cause: thrown });
}

function jsonOf(answer: HttpAnswer): unknown {
  return answerReader(AGENT).parsed('', answer);
}
