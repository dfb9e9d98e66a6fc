import type { Clock, Incidents } from '#packages/foundation';
import { SampleQueue } from '#packages/http';
import type { FeedbackClient, FeedbackLoss, SampleOffer } from '#packages/http';

export interface CountedQueuePorts {
  readonly client: Pick<FeedbackClient, 'publish'>;
  readonly clock: Clock;
  readonly incidents: Incidents;
  readonly count: (service: string, outcome: FeedbackOutcome) => void;
}

type FeedbackOutcome = 'accepted' | 'not-wanted' | `lost-${FeedbackLoss}`;

/** Samples on their way to the feedback uploader; what becomes of each is counted, and losses are incidents until one is taken again. */
export function countedQueue({ client, clock, incidents, count }: CountedQueuePorts): SampleQueue {
  return new SampleQueue({
    client,
    clock,
    onAnswered: (offer, status) => {
      count(offer.service, status === 'accepted' ? 'accepted' : 'not-wanted');
      incidents.resolved(subjectOf(offer), 'feedback.taken-again');
    },
    onLost: (offer, reason, error) => {
      count(offer.service, `lost-${reason}`);
      const { service, configId } = offer;
      incidents.opened(subjectOf(offer), 'feedback.lost', { service, configId, reason, error });
    },
  });
}

function subjectOf({ service, configId }: SampleOffer): string {
  return `feedback of ${service} to ${configId}`;
}
