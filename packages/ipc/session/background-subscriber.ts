import { messageOf } from '#packages/foundation';
import type { Logger } from '#packages/foundation';

/** Takes subscriptions that nobody waits for: one that fails is a warning in the log, and the component continues without it. */
export function backgroundSubscriber(log: Logger): (what: string, subscribing: Promise<unknown>) => void {
  return (what, subscribing) => {
    subscribing.catch((error: unknown) => log.warn({ what, reason: messageOf(error) }, 'ipc.not-subscribed'));
  };
}
