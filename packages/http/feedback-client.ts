import { ALWAYS_HEADER, METADATA_HEADER, PREDICTION_HEADER } from './api/feedback-api.ts';
import type { FeedbackAnswer, FeedbackHealth } from './api/feedback-api.ts';
import { answerReader } from './answers.ts';
import type { HttpClientOptions } from './http-client.ts';
import { createHttpClient } from './http-client.ts';
import { FEEDBACK_UPLOADER } from './peer.ts';

export interface FeedbackSample {
  /** The model's input, e.g. the bytes of a JPEG file. */
  readonly input: Uint8Array;
  /** The model's answer: a list of probabilities, `{"prediction": [[…], …]}`, or a list of predictions. */
  readonly prediction: readonly unknown[] | Readonly<Record<string, unknown>>;
  /** Becomes metadata of the object and of the prediction message. */
  readonly metadata?: Readonly<Record<string, string | number | boolean>>;
  /** Somebody chose it: the sampling strategy is not asked. Default: false. */
  readonly always?: boolean;
}

interface FeedbackCallOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The feedback uploader's HTTP API. Errors that it sends arrive as the EdgeError that it made. */
export interface FeedbackClient {
  /**
   * Offers a sample. Resolves when it is on the disk to stay, or was not wanted.
   *
   * @throws EdgeError `feedback.unknown-config`, `feedback.request-limit`, `spool.full` and the others of the uploader;
   *   `feedback.unreachable`, `feedback.connection-lost`, `feedback.timeout`, `feedback.bad-answer`
   */
  publish(configId: string, sample: FeedbackSample, options?: FeedbackCallOptions): Promise<FeedbackAnswer>;
  health(options?: FeedbackCallOptions): Promise<FeedbackHealth>;
  /** Prometheus text. */
  metrics(options?: FeedbackCallOptions): Promise<string>;
  close(): void;
}

export function createFeedbackClient(options: Omit<HttpClientOptions, 'peer'>): FeedbackClient {
  const http = createHttpClient({ ...options, peer: FEEDBACK_UPLOADER });
  const answers = answerReader(FEEDBACK_UPLOADER);
  return {
    async publish(configId, { input, prediction, metadata, always }, call) {
      const path = `/v1/feedback/${encodeURIComponent(configId)}`;
      const headers = {
        'content-type': 'application/octet-stream',
        [PREDICTION_HEADER]: asciiJson(prediction),
        ...(always ? { [ALWAYS_HEADER]: 'true' } : {}),
        ...(metadata ? { [METADATA_HEADER]: asciiJson(metadata) } : {}),
      };
      const answer = await http.request({ method: 'POST', path, body: input, headers, ...call });
      return answers.parsed(path, answers.checked(answer)) as FeedbackAnswer;
    },
    async health(call) {
      const answer = await http.request({ method: 'GET', path: '/healthz', ...call });
      const body = answers.parsed('/healthz', answer) as FeedbackHealth | { error: unknown };
      if ('error' in body) answers.checked(answer);
      return body as FeedbackHealth;
    },
    metrics: async (call) =>
      answers.checked(await http.request({ method: 'GET', path: '/metrics', ...call })).body.toString(),
    close: () => http.close(),
  };
}

/** Headers are ASCII. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
