import { describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import { LocalPubSub } from './local-pubsub.ts';
import type { LocalMessage, ReceiveMode } from './local-pubsub.ts';
import { Inbox } from '../../../testing/local-core/inbox.ts';

const json = (topic: string, value: unknown, publisher = 'camera'): LocalMessage => ({
  topic,
  body: { kind: 'json', value },
  publisher,
});

const values = (messages: readonly LocalMessage[]): unknown[] =>
  messages.map(({ body }) => (body.kind === 'json' ? body.value : body.base64));

describe('LocalPubSub', () => {
  it('counts the subscribers that get a message', () => {
    const pubsub = new LocalPubSub(silentLogger);
    pubsub.subscribe({ filter: 'a/+', subscriber: 'one', deliver: () => undefined });
    pubsub.subscribe({ filter: 'a/b', subscriber: 'two', deliver: () => undefined });

    expect(pubsub.publish(json('a/b', 1))).toBe(2);
    expect(pubsub.publish(json('b', 1))).toBe(0);
  });

  it('delivers after publish has returned, in order, however slow the subscriber', async () => {
    const pubsub = new LocalPubSub(silentLogger);
    const inbox = new Inbox<LocalMessage>();
    pubsub.subscribe({
      filter: 'n',
      subscriber: 'slow',
      deliver: async (message) => {
        // The first takes longest; order must not depend on it.
        for (let turn = 0; turn < (message.body.kind === 'json' && message.body.value === 0 ? 50 : 1); turn++) {
          await Promise.resolve();
        }
        inbox.push(message);
      },
    });

    for (let value = 0; value < 20; value++) pubsub.publish(json('n', value));
    expect(inbox.events).toEqual([]);

    expect(values(await inbox.take(20))).toEqual(Array.from({ length: 20 }, (_, at) => at));
  });

  it('goes on after a subscriber threw, for it and for the others', async () => {
    const pubsub = new LocalPubSub(silentLogger);
    const good = new Inbox<LocalMessage>();
    const bad = new Inbox<LocalMessage>();
    pubsub.subscribe({
      filter: 'n',
      subscriber: 'bad',
      deliver: (message) => {
        bad.push(message);
        throw new Error('no');
      },
    });
    pubsub.subscribe({ filter: 'n', subscriber: 'good', deliver: good.push });

    pubsub.publish(json('n', 1));
    pubsub.publish(json('n', 2));

    expect(values(await good.take(2))).toEqual([1, 2]);
    expect(values(await bad.take(2))).toEqual([1, 2]);
  });

  it('keeps the order for a subscriber that publishes while it is called', async () => {
    const pubsub = new LocalPubSub(silentLogger);
    const inbox = new Inbox<LocalMessage>();
    pubsub.subscribe({
      filter: '#',
      subscriber: 'echo',
      receive: 'RECEIVE_ALL_MESSAGES',
      deliver: (message) => {
        if (message.topic === 'a') pubsub.publish(json('b', values([message])[0]));
        inbox.push(message);
      },
    });

    pubsub.publish(json('a', 1));
    pubsub.publish(json('a', 2));

    expect((await inbox.take(4)).map(({ topic }) => topic)).toEqual(['a', 'a', 'b', 'b']);
  });

  it.each<[string, ReceiveMode | undefined, boolean]>([
    ['topic', undefined, true],
    ['+', undefined, false],
    ['#', undefined, false],
    ['topic', 'RECEIVE_MESSAGES_FROM_OTHERS', false],
    ['+', 'RECEIVE_ALL_MESSAGES', true],
  ])('filter %s with mode %s brings own messages: %s', (filter, receive, own) => {
    const pubsub = new LocalPubSub(silentLogger);
    const options = { filter, subscriber: 'camera', deliver: () => undefined };
    pubsub.subscribe(receive === undefined ? options : { ...options, receive });

    expect(pubsub.publish(json('topic', 1, 'camera'))).toBe(own ? 1 : 0);
    expect(pubsub.publish(json('topic', 1, 'other'))).toBe(1);
  });

  it('drops what is still queued when the subscription ends', async () => {
    const pubsub = new LocalPubSub(silentLogger);
    const inbox = new Inbox<LocalMessage>();
    const later = new Inbox<LocalMessage>();
    const unsubscribe = pubsub.subscribe({ filter: 'n', subscriber: 'one', deliver: inbox.push });
    pubsub.subscribe({ filter: 'n', subscriber: 'two', deliver: later.push });

    pubsub.publish(json('n', 1));
    unsubscribe();
    pubsub.publish(json('n', 2));
    await later.take(2);

    expect(inbox.events).toEqual([]);
    expect(pubsub.subscriptions).toBe(1);
  });
});
