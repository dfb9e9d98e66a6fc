import { readEnvironment } from '#packages/foundation';
import { AGENT, answerReader, createHttpClient, DEADLINE_HEADER } from '#packages/http';
import type { HttpClient } from '#packages/http';

import { whileAbsent } from './absence.ts';
import { bytesOf, checkRequired, isName, NAME_PATTERN } from './arguments.ts';
import { timeoutOf } from './client-options.ts';
import type { ClientOptions } from './client-options.ts';
import { GreengrassInferenceException, ValueError } from './exceptions.ts';
import { exceptionOf, socketOf } from './service.ts';
import { StreamingBody } from './streaming-body.ts';

export interface InvokeRequest {
  /** `image-classification` or `object-detection`. */
  readonly AlgoType: string;
  /** Name of the service: the alias of a model, or a name in the agent's `Services`. */
  readonly ServiceName: string;
  /** The image. */
  readonly Body: Uint8Array | ArrayBuffer;
  /** `image/jpeg` or `image/png`; if it is left out, the bytes decide. */
  readonly ContentType?: string;
  /** Passed on; the answer is `application/json` in any case. */
  readonly Accept?: string;
}

export interface InvokeResponse {
  /**
   * A list with one probability per class, or `{"prediction":[[class,score,xmin,ymin,xmax,ymax],…]}` with the best first and
   * corners in 0..1.
   */
  readonly Body: StreamingBody;
  readonly ContentType: string;
}

const METHOD = 'Inference.Client.invoke_inference_service';
const REQUIRED = ['ServiceName', 'Body', 'AlgoType'] as const;

/** The agent was not there, or runs and has nothing that answers: what was "not deployed" in Greengrass V1. */
const ABSENT: ReadonlySet<string> = new Set([
  'agent.unreachable',
  'agent.connection-lost',
  'agent.timeout',
  'agent.bad-answer',
  'socket.path-too-long',
  'model.not-found',
  'admission.stopping',
  'http.algo-type',
  'http.no-route',
]);

/** Time for the agent to say itself that the deadline has passed. */
const MARGIN_MS = 1_000;

/** Runs models on images. May be made before the agent runs; calls may overlap. */
export class InferenceClient {
  readonly #http: HttpClient;
  readonly #timeoutMs: number;

  /** @throws ValueError */
  constructor(options: ClientOptions = {}) {
    const { agentSocket } = readEnvironment();
    const socketPath = socketOf(options.socketPath, agentSocket, 'edgeml.InferenceAgent', 'agent.sock');
    this.#timeoutMs = timeoutOf(options);
    this.#http = createHttpClient({ socketPath });
  }

  /**
   * Runs a model on one image.
   *
   * @throws ValueError if an argument is missing or not valid
   * @throws GreengrassInferenceException if the service answers with an error
   * @throws GreengrassDependencyException if there is no such service, or it does not answer in time
   */
  async invokeInferenceService(request: InvokeRequest): Promise<InvokeResponse> {
    checkRequired(METHOD, REQUIRED, request);
    const { AlgoType, ServiceName, ContentType, Accept } = request;
    if (!isName(AlgoType)) throw new ValueError(`field algo_type must match the regex ${NAME_PATTERN}`);
    if (!isName(ServiceName)) throw new ValueError(`field service_name must match the regex ${NAME_PATTERN}`);
    const body = bytesOf('Body', request.Body);
    const headers = {
      ...header('content-type', 'ContentType', ContentType),
      ...header('accept', 'Accept', Accept),
    };
    const path = `/v1/services/${ServiceName}/invoke?format=v1&algoType=${AlgoType}`;
    try {
      const answer = await whileAbsent(this.#timeoutMs, (leftMs) =>
        this.#http.request({
          method: 'POST',
          path,
          body,
          headers: { ...headers, [DEADLINE_HEADER]: String(leftMs) },
          timeoutMs: leftMs + MARGIN_MS,
        }),
      );
      const type = answerReader(AGENT).checked(answer).headers['content-type'] ?? '';
      return { Body: new StreamingBody(answer.body), ContentType: type.split(';', 1)[0] ?? '' };
    } catch (thrown) {
      throw exceptionOf(thrown, ABSENT, GreengrassInferenceException);
    }
  }

  /** Closes the connections that are kept; they do not keep the process alive either way. */
  close(): void {
    this.#http.close();
  }
}

function header(name: string, argument: string, value: unknown): Readonly<Record<string, string>> {
  if (value === undefined) return {};
  if (typeof value === 'string' && /^[ -~]*$/.test(value)) return { [name]: value };
  throw new ValueError(`Argument ${argument} must be a media type, e.g. image/jpeg`);
}
