import { readEnvironment } from '#packages/foundation';
import { createFeedbackClient, MAX_FEEDBACK_HEADER_BYTES } from '#packages/http';
import type { FeedbackClient as UploaderClient, FeedbackSample } from '#packages/http';

import { whileAbsent } from './absence.ts';
import { bytesOf, checkRequired, isName, isRecord, NAME_PATTERN } from './arguments.ts';
import { timeoutOf } from './client-options.ts';
import type { ClientOptions } from './client-options.ts';
import { GreengrassFeedbackException, ValueError } from './exceptions.ts';
import { exceptionOf, socketOf } from './service.ts';

export interface PublishRequest {
  /** A key of `FeedbackConfigurationMap` in the configuration of edgeml.FeedbackUploader. */
  readonly ConfigId: string;
  /** The model's input. */
  readonly ModelInput: Uint8Array | ArrayBuffer;
  /** The model's answer: a list of probabilities, or `{prediction: [[…], …]}`. */
  readonly ModelPrediction: readonly unknown[] | Readonly<Record<string, unknown>>;
  /** Becomes metadata of the object and of the prediction message. */
  readonly Metadata?: Readonly<Record<string, string | number | boolean>>;
}

const METHOD = 'Feedback.Client.publish';
const REQUIRED = ['ConfigId', 'ModelInput', 'ModelPrediction'] as const;

/** The uploader was not there, or takes nothing now. */
const ABSENT: ReadonlySet<string> = new Set([
  'feedback.unreachable',
  'feedback.connection-lost',
  'feedback.timeout',
  'feedback.bad-answer',
  'socket.path-too-long',
  'feedback.not-ready',
  'feedback.no-route',
]);

/** Some of what the uploader takes as headers is for others than ours. */
const OTHER_HEADER_BYTES = 4_096;
const MAX_JSON_BYTES = MAX_FEEDBACK_HEADER_BYTES - OTHER_HEADER_BYTES;

/** Offers samples for the next model. May be made before the uploader runs; calls may overlap. */
export class FeedbackClient {
  readonly #uploader: UploaderClient;
  readonly #timeoutMs: number;

  /** @throws ValueError */
  constructor(options: ClientOptions = {}) {
    const { feedbackSocket } = readEnvironment();
    const socketPath = socketOf(options.socketPath, feedbackSocket, 'edgeml.FeedbackUploader', 'feedback.sock');
    this.#timeoutMs = timeoutOf(options);
    this.#uploader = createFeedbackClient({ socketPath });
  }

  /**
   * Offers a sample. Resolves when it is on the disk to stay and to be uploaded, or was not wanted by the strategy.
   *
   * @throws ValueError if an argument is missing or not valid
   * @throws GreengrassFeedbackException if the sample is refused
   * @throws GreengrassDependencyException if the uploader is not there, or does not answer in time
   */
  async publish(request: PublishRequest): Promise<void> {
    checkRequired(METHOD, REQUIRED, request);
    const { ConfigId, ModelPrediction, Metadata } = request;
    if (!isName(ConfigId)) throw new ValueError(`Parameter ConfigId must match: ${NAME_PATTERN}`);
    if (!Array.isArray(ModelPrediction) && !isRecord(ModelPrediction))
      throw new ValueError('Argument ModelPrediction must be of type dict or list');
    if (Metadata !== undefined && !isRecord(Metadata)) throw new ValueError('Argument Metadata must be of type dict');
    const bytes = jsonBytes('ModelPrediction', ModelPrediction) + jsonBytes('Metadata', Metadata);
    if (bytes > MAX_JSON_BYTES)
      throw new ValueError(`ModelPrediction and Metadata have ${bytes} bytes as JSON, ${MAX_JSON_BYTES} are allowed`);
    const sample: FeedbackSample = {
      input: bytesOf('ModelInput', request.ModelInput),
      prediction: ModelPrediction,
      ...(Metadata ? { metadata: Metadata } : {}),
    };
    try {
      await whileAbsent(this.#timeoutMs, (timeoutMs) => this.#uploader.publish(ConfigId, sample, { timeoutMs }));
    } catch (thrown) {
      throw exceptionOf(thrown, ABSENT, GreengrassFeedbackException);
    }
  }

  /** Closes the connections that are kept; they do not keep the process alive either way. */
  close(): void {
    this.#uploader.close();
  }
}

/** Size of a value in a header, where JSON is ASCII. `JSON.stringify` would write null for numbers that JSON does not have. */
function jsonBytes(name: string, value: unknown): number {
  const text = JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'number' && !Number.isFinite(part))
      throw new ValueError(`Argument ${name} cannot be written as JSON: ${part} is not a number of JSON`);
    return part;
  }) as string | undefined;
  return (text ?? '').replace(/[\u0080-\uffff]/g, '\\u0000').length;
}
