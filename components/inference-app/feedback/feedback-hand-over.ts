import type { InvokeResult } from '../../common/agent-api.ts';
import type { Clock } from '../../common/clock/clock.ts';
import { sleep } from '../../common/clock/clock.ts';
import type { FeedbackClient, FeedbackSample } from '../../common/http/feedback-client.ts';
import type { Frame, LoadedImage } from '../frame/frame.ts';
import type { Troubles } from '../inference/troubles.ts';
import type { Statistics } from '../statistics/statistics.ts';
import { lossOf } from './feedback-loss.ts';
import { sampleOf } from './feedback-sample.ts';

export interface FeedbackHandOverOptions {
  /** Undefined where nobody says where the uploader is: every sample is then lost as `unreachable`. */
  readonly client: Pick<FeedbackClient, 'publish'> | undefined;
  /** ConfigId of a service; empty: its inferences are no feedback. Asked each time, since the setting may change. */
  readonly configIdOf: (service: string) => string;
  readonly clock: Clock;
  readonly statistics: Statistics;
  readonly troubles: Troubles;
}

/** Samples on their way to the uploader at once, and the most that may wait for one of these places. */
const AT_ONCE = 2;
const MAX_WAITING = 16;
const MAX_WAITING_BYTES = 32_000_000;
/** The uploader answers when the sample is on the disk; a slow card takes some time for that. */
const TIMEOUT_MS = 10_000;

interface Waiting {
  readonly service: string;
  readonly configId: string;
  readonly sample: FeedbackSample;
}

/**
 * Gives inferences to the feedback uploader, as the old connectors did for `MLFeedbackConnectorConfigId`. Inference never waits
 * for it: what does not fit into a small queue, or what the uploader does not take, is lost and counted by reason.
 */
export class FeedbackHandOver {
  readonly #options: FeedbackHandOverOptions;
  readonly #waiting: Waiting[] = [];
  readonly #ended = new AbortController();
  #waitingBytes = 0;
  #sending = 0;
  #onIdle: () => void = () => undefined;

  constructor(options: FeedbackHandOverOptions) {
    this.#options = options;
  }

  /** Returns at once. */
  offer(frame: Frame, { bytes }: LoadedImage, result: InvokeResult): void {
    const { configIdOf, statistics } = this.#options;
    const { service } = result;
    const configId = configIdOf(service);
    if (configId === '' || this.#ended.signal.aborted) return;
    const isFull = this.#waiting.length >= MAX_WAITING || this.#waitingBytes + bytes.length > MAX_WAITING_BYTES;
    if (isFull) return statistics.feedbackLost('full');
    this.#waiting.push({ service, configId, sample: sampleOf(frame, bytes, result) });
    this.#waitingBytes += bytes.length;
    this.#pump();
  }

  /** Resolves when all is handed over, or after `ms`; what is left then is lost as `stopped`. Takes nothing afterwards. */
  async close(ms: number): Promise<void> {
    const enough = new AbortController();
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      this.#pump();
    });
    await Promise.race([idle, sleep(this.#options.clock, ms, enough.signal).catch(() => undefined)]);
    enough.abort();
    this.#options.statistics.feedbackLost('stopped', this.#waiting.splice(0).length);
    this.#ended.abort(new Error('the component stops'));
    await idle;
  }

  #pump(): void {
    for (; this.#sending < AT_ONCE; this.#sending++) {
      const next = this.#waiting.shift();
      if (!next) break;
      this.#waitingBytes -= next.sample.input.length;
      void this.#send(next).finally(() => {
        this.#sending--;
        this.#pump();
      });
    }
    if (this.#sending === 0) this.#onIdle();
  }

  async #send({ service, configId, sample }: Waiting): Promise<void> {
    const { client, statistics, troubles } = this.#options;
    const subject = `feedback of ${service} to ${configId}`;
    if (!client) return statistics.feedbackLost('unreachable');
    try {
      const { signal } = this.#ended;
      const { status } = await client.publish(configId, sample, { timeoutMs: TIMEOUT_MS, signal });
      statistics.count(status === 'accepted' ? 'feedbackAccepted' : 'feedbackNotWanted');
      troubles.over(subject, 'feedback.taken-again');
    } catch (thrown) {
      if (this.#ended.signal.aborted) return statistics.feedbackLost('stopped');
      const reason = lossOf(thrown);
      statistics.feedbackLost(reason);
      troubles.met(subject, 'feedback.lost', { service, configId, reason, error: thrown });
    }
  }
}
