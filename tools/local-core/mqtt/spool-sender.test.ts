import { describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import type { IotPublish } from './iot-core.ts';
import { SpoolSender } from './spool-sender.ts';
import { Spool } from './spool.ts';

/** A connection whose acknowledgements the test gives. */
function harness() {
  const sent: { readonly topic: string; readonly ack: () => void; readonly fail: (error: Error) => void }[] = [];
  const spool = new Spool();
  const send = ({ topic }: IotPublish): Promise<void> =>
    new Promise((ack, fail) => void sent.push({ topic, ack, fail }));
  const sender = new SpoolSender(spool, send, silentLogger);
  const publish = (topic: string, qos: 0 | 1 = 1): void => {
    spool.add({ topic, payload: new Uint8Array(1), qos });
    sender.wake();
  };
  return { sent, spool, sender, publish };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('SpoolSender', () => {
  it('sends nothing while offline, and then what has gathered', () => {
    const { sent, sender, publish } = harness();
    publish('a');
    publish('b');
    expect(sent).toEqual([]);

    sender.setOnline(true);

    expect(sent.map(({ topic }) => topic)).toEqual(['a', 'b']);
  });

  it('has at most five messages in flight', async () => {
    const { sent, sender, publish } = harness();
    sender.setOnline(true);
    for (let at = 0; at < 7; at++) publish(String(at));
    expect(sent).toHaveLength(5);

    sent[0]?.ack();
    await settled();

    expect(sent.map(({ topic }) => topic)).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('sends a failed message of quality 1 again and drops one of quality 0', async () => {
    const { sent, spool, sender, publish } = harness();
    sender.setOnline(true);
    publish('zero', 0);
    publish('one', 1);
    for (const attempt of [...sent]) attempt.fail(new Error('lost'));
    await settled();

    expect(sent.map(({ topic }) => topic)).toEqual(['zero', 'one', 'one']);
    sent[2]?.ack();
    await settled();
    expect(spool.bytes).toBe(0);
  });

  it('gives up after a hundred attempts', async () => {
    const { sent, spool, sender, publish } = harness();
    sender.setOnline(true);
    publish('a');
    for (let at = 0; at < 100; at++) {
      sent[at]?.fail(new Error('lost'));
      await settled();
    }

    expect(sent).toHaveLength(100);
    expect(spool.bytes).toBe(0);
  });

  it("takes the broker's no for an answer", async () => {
    const { sent, spool, sender, publish } = harness();
    sender.setOnline(true);
    publish('forbidden');
    sent[0]?.fail(Object.assign(new Error('Not authorized'), { code: 135 }));
    await settled();

    expect(sent).toHaveLength(1);
    expect(spool.bytes).toBe(0);
  });

  it('forgets waiting messages of quality 0 when the connection is lost', () => {
    const { sent, sender, publish } = harness();
    publish('zero', 0);
    publish('one', 1);

    sender.setOnline(false);
    sender.setOnline(true);

    expect(sent.map(({ topic }) => topic)).toEqual(['one']);
  });
});
