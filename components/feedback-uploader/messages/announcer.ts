import { fillTopic } from '#packages/ipc';
import type { PutReceipt, StoreFailureFacts } from '#packages/object-store';

import type { UploaderConfiguration } from '../config.ts';
import type { SpoolEntry } from '../spool/entry-index.ts';
import type { EvictionReason } from '../spool/journal-record.ts';
import type { SampleHeader } from '../spool/stored-sample.ts';
import type { MetricName } from './metric-message.ts';
import { metricMessage } from './metric-message.ts';
import { predictionMessage } from './prediction-message.ts';
import type { Publisher, Topics } from './publisher.ts';
import { droppedStatus, failureStatus, s3Reason, successStatus, throttledStatus } from './status-message.ts';
import type { StatusMessage } from './status-message.ts';

/** Which requests have a status message: all, those that were not dropped by their strategy, or those that failed. */
type StatusMessages = 'all' | 'kept' | 'failures';

export interface AnnouncerSettings {
  readonly status: Topics;
  readonly prediction: Topics;
  readonly metrics: Topics;
  readonly statusMessages: StatusMessages;
  readonly maxMessageBytes: number;
}

/** Topics filled in, empty ones left out. */
export function announcerSettings(
  configuration: UploaderConfiguration,
  thing: string,
  maxMessageBytes = Infinity,
): AnnouncerSettings {
  const topic = (template: string): string | undefined =>
    template === '' ? undefined : fillTopic(template, { thing });
  return {
    status: topics(topic(configuration.StatusTopic), topic(configuration.LocalStatusTopic)),
    prediction: topics(topic(configuration.PredictionTopic), topic(configuration.LocalPredictionTopic)),
    metrics: topics(undefined, topic(configuration.MetricsTopic)),
    statusMessages: configuration.StatusMessages,
    maxMessageBytes: Math.min(configuration.MaxMessageBytes, maxMessageBytes),
  };
}

/** Says what becomes of each request, in the messages and metrics of the old ML Feedback connector. */
export class Announcer {
  readonly #publisher: Publisher;
  #settings: AnnouncerSettings;

  constructor(publisher: Publisher, settings: AnnouncerSettings) {
    this.#publisher = publisher;
    this.#settings = settings;
  }

  setSettings(settings: AnnouncerSettings): void {
    this.#settings = settings;
  }

  /** The strategy, or its quota, did not want the sample. */
  dropped(id: string): void {
    this.#metric('SampleNotUsed');
    this.#status(droppedStatus(id));
  }

  /** The request limit was reached. */
  throttled(id: string, limit: number): void {
    this.#metric('ErrorRequestThrottled');
    this.#status(throttledStatus(id, limit));
  }

  /** The sample could not be kept. */
  failed(id: string, error: string, reason: string): void {
    this.#metric('SampleUploadFailure');
    this.#status(failureStatus(id, error, reason));
  }

  begun(_sample: SampleHeader, bytes: number): void {
    this.#metric('SampleSize', bytes);
  }

  /** @throws the signal's reason */
  async uploaded(
    sample: SampleHeader,
    { bucket, key }: { readonly bucket: string; readonly key: string },
    { response }: PutReceipt,
    signal: AbortSignal,
  ): Promise<void> {
    this.#metric('SampleUploadSuccess');
    const message = this.#withinLimit(predictionMessage(sample, bucket, key));
    const isPublished = await this.#publisher.deliver(this.#settings.prediction, message, signal);
    if (isPublished) this.#metric('SampleAndPredictionPublished');
    if (this.#settings.statusMessages === 'failures') return;
    await this.#publisher.deliver(this.#settings.status, successStatus(sample.id, response, bucket, key), signal);
  }

  /** The store refuses for now; should it take the sample later, a message of success follows with the same id. */
  refused({ id }: SampleHeader, { code, reason }: StoreFailureFacts): void {
    this.failed(id, code, s3Reason(code, reason));
  }

  evicted({ id }: SpoolEntry, reason: EvictionReason): void {
    // Callers that were refused until the announcer gave up know already.
    if (reason !== 'refused')
      this.failed(id, 'Spool.Evicted', `the sample was evicted before it was uploaded (${reason})`);
  }

  #status(message: StatusMessage): void {
    const { status } = message.response;
    if (status === 'sample_dropped_by_strategy' && this.#settings.statusMessages !== 'all') return;
    this.#publisher.offer(this.#settings.status, message);
  }

  #metric(name: MetricName, value?: number): void {
    this.#publisher.offer(this.#settings.metrics, metricMessage(name, value));
  }

  #withinLimit(message: ReturnType<typeof predictionMessage>): object {
    const bytes = Buffer.byteLength(JSON.stringify(message));
    if (bytes <= this.#settings.maxMessageBytes) return message;
    return { ...message, 'model-prediction': null, 'model-prediction-bytes': bytes };
  }
}

function topics(mqtt: string | undefined, local: string | undefined): Topics {
  return { ...(mqtt === undefined ? {} : { mqtt }), ...(local === undefined ? {} : { local }) };
}
