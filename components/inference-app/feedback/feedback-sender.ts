import type { Clock, Incidents } from '#packages/foundation';
import { SampleQueue } from '#packages/http';
import type { FeedbackClient, InvokeResult, SampleOffer } from '#packages/http';

import type { Frame, LoadedImage } from '../frame/frame.ts';
import type { Statistics } from '../statistics/statistics.ts';
import { sampleOf } from './feedback-sample.ts';

export interface FeedbackSenderOptions {
  /** Undefined if nothing says where the uploader is: every sample is then lost as `unreachable`. */
  readonly client: Pick<FeedbackClient, 'publish'> | undefined;
  /** ConfigId of a service; empty: its inferences are not feedback. Asked each time, since the setting may change. */
  readonly configIdOf: (service: string) => string;
  readonly clock: Clock;
  readonly statistics: Statistics;
  readonly incidents: Incidents;
}

/**
 * Gives inferences to the feedback uploader, as the old connectors did for `MLFeedbackConnectorConfigId`. Inference never waits
 * for it: what does not fit into a small queue, or what the uploader does not take, is lost and counted by reason.
 */
export class FeedbackSender {
  readonly #configIdOf: (service: string) => string;
  readonly #queue: SampleQueue;

  constructor({ client, configIdOf, clock, statistics, incidents }: FeedbackSenderOptions) {
    this.#configIdOf = configIdOf;
    this.#queue = new SampleQueue({
      client,
      clock,
      onAnswered: (offer, status) => {
        statistics.count(status === 'accepted' ? 'feedbackAccepted' : 'feedbackNotWanted');
        incidents.resolved(subjectOf(offer), 'feedback.taken-again');
      },
      onLost: (offer, reason, thrown) => {
        statistics.feedbackLost(reason);
        if (thrown === undefined) return;
        const { service, configId } = offer;
        incidents.opened(subjectOf(offer), 'feedback.lost', { service, configId, reason, error: thrown });
      },
    });
  }

  /** Returns at once. */
  offer(frame: Frame, { bytes }: LoadedImage, result: InvokeResult): void {
    const { service } = result;
    const configId = this.#configIdOf(service);
    if (configId === '' || this.#queue.closed) return;
    this.#queue.offer({ service, configId, sample: sampleOf(frame, bytes, result) });
  }

  /** Resolves when all is handed over, or after `ms`; what is left then is lost as `stopped`. Takes nothing afterward. */
  close(ms: number): Promise<void> {
    return this.#queue.close(ms);
  }
}

function subjectOf({ service, configId }: SampleOffer): string {
  return `feedback of ${service} to ${configId}`;
}
