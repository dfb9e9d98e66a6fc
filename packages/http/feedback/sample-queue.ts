import { sleep } from '#packages/foundation';
import type { Clock } from '#packages/foundation';

import type { FeedbackAnswer } from '../api/feedback-api.ts';
import type { FeedbackClient, FeedbackSample } from '../feedback-client.ts';
import { lossOf } from './feedback-loss.ts';
import type { FeedbackLoss } from './feedback-loss.ts';

export interface SampleQueueOptions {
  /** Undefined if nothing says where the uploader is: every sample is then lost as `unreachable`. */
  readonly client: Pick<FeedbackClient, 'publish'> | undefined;
  readonly clock: Clock;
  readonly onAnswered: (offer: SampleOffer, status: FeedbackAnswer['status']) => void;
  readonly onLost: (offer: SampleOffer, reason: FeedbackLoss, thrown?: unknown) => void;
}

export interface SampleOffer {
  readonly service: string;
  readonly configId: string;
  readonly sample: FeedbackSample;
}

/** Samples on their way to the uploader at once, and the most that may wait for one of these places. */
const AT_ONCE = 2;
const MAX_WAITING = 16;
const MAX_WAITING_BYTES = 32_000_000;
/** The uploader answers when the sample is on the disk; a slow card takes some time for that. */
const TIMEOUT_MS = 10_000;

/**
 * Gives samples to the feedback uploader while inference continues: what does not fit into a small queue, or what the uploader does
 * not take, is lost, and said with the reason.
 */
export class SampleQueue {
  readonly #options: SampleQueueOptions;
  readonly #waiting: SampleOffer[] = [];
  readonly #ended = new AbortController();
  #waitingBytes = 0;
  #sending = 0;
  #onIdle: () => void = () => undefined;

  constructor(options: SampleQueueOptions) {
    this.#options = options;
  }

  get closed(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Returns at once. */
  offer(offer: SampleOffer): void {
    if (this.closed) return;
    const bytes = offer.sample.input.length;
    const isFull = this.#waiting.length >= MAX_WAITING || this.#waitingBytes + bytes > MAX_WAITING_BYTES;
    if (isFull) return this.#options.onLost(offer, 'full');
    this.#waiting.push(offer);
    this.#waitingBytes += bytes;
    this.#pump();
  }

  /** Resolves when all is handed over, or after `ms`; what is left then is lost as `stopped`. Takes nothing afterward. */
  async close(ms: number): Promise<void> {
    const enough = new AbortController();
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      this.#pump();
    });
    await Promise.race([idle, sleep(this.#options.clock, ms, enough.signal).catch(() => undefined)]);
    enough.abort();
    for (const offer of this.#waiting.splice(0)) this.#options.onLost(offer, 'stopped');
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

  async #send(offer: SampleOffer): Promise<void> {
    const { client, onAnswered, onLost } = this.#options;
    if (!client) return onLost(offer, 'unreachable');
    try {
      const { signal } = this.#ended;
      const { status } = await client.publish(offer.configId, offer.sample, { timeoutMs: TIMEOUT_MS, signal });
      onAnswered(offer, status);
    } catch (thrown) {
      if (this.closed) return onLost(offer, 'stopped');
      onLost(offer, lossOf(thrown), thrown);
    }
  }
}
