import { messageOf } from '#packages/foundation';
import type { Logger } from '#packages/foundation';
import { plainMessage } from '#packages/ipc';

import { DeliveryQueue } from './delivery-queue.ts';
import { topicFilter } from './topic-filter.ts';
import type { TopicFilter } from './topic-filter.ts';

export interface LocalMessage {
  readonly topic: string;
  readonly body: MessageBody;
  /** Component that published; what receive modes compare. */
  readonly publisher: string;
}

/** Binary bodies stay in base64, the form in which IPC carries them. */
export type MessageBody =
  { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'binary'; readonly base64: string };

/** The published message: the object or the bytes, as they came. */
export function messageIn(body: MessageBody): unknown {
  return plainMessage(body.kind === 'json' ? body.value : Buffer.from(body.base64, 'base64'));
}

export type ReceiveMode = 'RECEIVE_ALL_MESSAGES' | 'RECEIVE_MESSAGES_FROM_OTHERS';

export interface SubscribeOptions {
  readonly filter: string;
  /** Component that subscribes. */
  readonly subscriber: string;
  /** Default: all messages for an exact topic, those of others for a filter with wildcards. */
  readonly receive?: ReceiveMode;
  /** Called in publishing order; the next message waits for a returned promise. */
  readonly deliver: (message: LocalMessage) => void | Promise<void>;
}

/**
 * Publish/subscribe between the components of one device: at most once, in memory, no replay, an unbounded queue per
 * subscriber. `publish` returns when the message is queued, not when it is delivered.
 */
export class LocalPubSub {
  readonly #log: Logger;
  readonly #subscriptions = new Set<Subscription>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Returns the number of subscribers that will get the message; none is a success too. */
  publish(message: LocalMessage): number {
    let receivers = 0;
    for (const subscription of this.#subscriptions) {
      if (!subscription.wants(message)) continue;
      receivers++;
      subscription.queue.push(message);
    }
    return receivers;
  }

  /** Returns a function that ends the subscription; messages still queued are dropped. */
  subscribe(options: SubscribeOptions): () => void {
    const filter = topicFilter(options.filter);
    const receive = options.receive ?? defaultReceiveMode(filter);
    const queue = new DeliveryQueue(options.deliver, (error) => {
      this.#log.warn(
        { topic: options.filter, subscriber: options.subscriber, error: messageOf(error) },
        'pubsub.deliver-failed',
      );
    });
    const subscription: Subscription = {
      queue,
      wants: (message) =>
        filter.matches(message.topic) &&
        (receive === 'RECEIVE_ALL_MESSAGES' || message.publisher !== options.subscriber),
    };
    this.#subscriptions.add(subscription);
    return () => {
      this.#subscriptions.delete(subscription);
      queue.close();
    };
  }

  get subscriptions(): number {
    return this.#subscriptions.size;
  }
}

interface Subscription {
  readonly queue: DeliveryQueue<LocalMessage>;
  wants(message: LocalMessage): boolean;
}

function defaultReceiveMode(filter: TopicFilter): ReceiveMode {
  return filter.wildcard ? 'RECEIVE_MESSAGES_FROM_OTHERS' : 'RECEIVE_ALL_MESSAGES';
}
