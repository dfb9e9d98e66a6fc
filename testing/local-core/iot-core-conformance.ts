import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger, systemClock } from '#packages/foundation';

import { FakeClock } from '../clock/fake-clock.ts';
import { brokerIotCore } from '../../tools/local-core/mqtt/broker-iot-core.ts';
import type { BrokerOptions } from '../../tools/local-core/mqtt/broker-iot-core.ts';
import type { IotCore, IotMessage } from '../../tools/local-core/mqtt/iot-core.ts';
import { Inbox } from './inbox.ts';
import type { TestBroker } from './mosquitto.ts';

export interface BrokerUnderTest {
  start(port?: number): Promise<TestBroker>;
  readonly protocolVersion: 4 | 5;
}

/** Behavior that components may rely on with every broker. */
export function describeIotCore(name: string, underTest: BrokerUnderTest): void {
  describe(`IoT Core over ${name}`, () => {
    const cleanup: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of cleanup.splice(0).reverse()) await close();
    });

    async function startBroker(port?: number): Promise<TestBroker> {
      const broker = await underTest.start(port);
      cleanup.push(() => broker.close());
      return broker;
    }

    async function connectTo(url: string, options: Partial<BrokerOptions> = {}): Promise<IotCore> {
      const iotCore = brokerIotCore({ url, clock: systemClock, log: silentLogger, reconnectMs: 50, ...options });
      cleanup.push(() => iotCore.close());
      await becomes(iotCore, true);
      return iotCore;
    }

    async function listen(iotCore: IotCore, filter: string, qos: 0 | 1 = 1): Promise<Inbox<IotMessage>> {
      const inbox = new Inbox<IotMessage>();
      await iotCore.subscribe(filter, qos, inbox.push);
      return inbox;
    }

    it('carries binary payloads unchanged, at both qualities', async () => {
      const iotCore = await connectTo((await startBroker()).url);
      const inbox = await listen(iotCore, 'edge/+/results');
      const payload = Uint8Array.from({ length: 1024 }, (_, at) => at % 256);

      iotCore.publish({ topic: 'edge/a/results', payload, qos: 0 });
      iotCore.publish({ topic: 'edge/b/results', payload, qos: 1 });

      const messages = await inbox.take(2);
      expect(messages.map(({ topic }) => topic)).toEqual(['edge/a/results', 'edge/b/results']);
      for (const message of messages) expect(Buffer.from(message.payload).equals(payload)).toBe(true);
    });

    it('keeps the order of what one publisher sends', async () => {
      const iotCore = await connectTo((await startBroker()).url);
      const inbox = await listen(iotCore, 'numbers');
      const numbers = Array.from({ length: 200 }, (_, at) => String(at));

      for (const number of numbers) iotCore.publish({ topic: 'numbers', payload: Buffer.from(number), qos: 1 });

      expect(textsOf(await inbox.take(200))).toEqual(numbers);
    });

    it('talks with other clients of the broker', async () => {
      const broker = await startBroker();
      const iotCore = await connectTo(broker.url);
      const inbox = await listen(iotCore, 'commands/#');
      const other = await connectAsync(broker.url, { protocolVersion: underTest.protocolVersion });
      cleanup.push(() => other.endAsync(true));

      await other.publishAsync('commands/stop', 'now', { qos: 1 });

      expect(textsOf(await inbox.take(1))).toEqual(['now']);
    });

    it('gives a new subscriber the retained message, marked as such', async () => {
      const { url } = await startBroker();
      const iotCore = await connectTo(url);
      const before = await listen(iotCore, 'state');
      iotCore.publish({ topic: 'state', payload: Buffer.from('on'), qos: 1, retain: true });
      await before.take(1);

      const another = await connectTo(url);
      const [message] = await (await listen(another, 'state')).take(1);

      expect(textsOf(before.events)).toEqual(['on']);
      expect(message).toMatchObject({ topic: 'state', retain: true });
    });

    it('brings a message once to each of nested subscriptions', async () => {
      const iotCore = await connectTo((await startBroker()).url);
      const wide = await listen(iotCore, 'edge/#');
      const narrow = await listen(iotCore, 'edge/a/+');
      const exact = await listen(iotCore, 'edge/a/1');

      iotCore.publish({ topic: 'edge/a/1', payload: Buffer.from('x'), qos: 1 });
      iotCore.publish({ topic: 'edge/end', payload: Buffer.from('end'), qos: 1 });

      expect(textsOf(await wide.take(2))).toEqual(['x', 'end']);
      expect(textsOf(narrow.events)).toEqual(['x']);
      expect(textsOf(exact.events)).toEqual(['x']);
    });

    it('keeps the narrow subscription when the wide one ends', async () => {
      const iotCore = await connectTo((await startBroker()).url);
      const wide = new Inbox<IotMessage>();
      const wideSubscription = await iotCore.subscribe('edge/#', 1, wide.push);
      const narrow = await listen(iotCore, 'edge/a');

      await wideSubscription.close();
      // Its acknowledgement comes after that of the narrow filter, which takes the wide one's place.
      await listen(iotCore, 'other');
      iotCore.publish({ topic: 'edge/a', payload: Buffer.from('x'), qos: 1 });

      expect(textsOf(await narrow.take(1))).toEqual(['x']);
      expect(wide.events).toEqual([]);
    });

    it('refuses quality 0 while offline, keeps quality 1 and sends it in order when the broker is back', async () => {
      const broker = await startBroker();
      const iotCore = await connectTo(broker.url);
      const inbox = await listen(iotCore, 'results');
      await broker.close();
      await becomes(iotCore, false);

      expect(() => iotCore.publish({ topic: 'results', payload: Buffer.from('0'), qos: 0 })).toThrow(
        'Device is offline. Dropping QoS 0 message.',
      );
      for (const text of ['1', '2', '3']) iotCore.publish({ topic: 'results', payload: Buffer.from(text), qos: 1 });
      await startBroker(broker.port);

      expect(textsOf(await inbox.take(3))).toEqual(['1', '2', '3']);
    });

    it('evicts quality 0 when the spool is full, then refuses', async () => {
      const broker = await startBroker();
      const iotCore = await connectTo(broker.url, { spoolBytes: 100 });
      await broker.close();
      await becomes(iotCore, false);

      iotCore.publish({ topic: 'results', payload: Buffer.alloc(60), qos: 1 });

      expect(() => iotCore.publish({ topic: 'results', payload: Buffer.alloc(41), qos: 1 })).toThrow('spool is full');
      expect(() => iotCore.publish({ topic: 'results', payload: Buffer.alloc(40), qos: 1 })).not.toThrow();
    });

    it('gives up a subscription that nobody acknowledges in time', async () => {
      const broker = await startBroker();
      const clock = new FakeClock();
      const iotCore = await connectTo(broker.url, { clock });
      await broker.close();
      await becomes(iotCore, false);

      const subscribing = iotCore.subscribe('results', 1, () => undefined);
      const outcome = expect(subscribing).rejects.toThrow('the broker has not answered within 30000 ms');
      await clock.advance(30_000);

      await outcome;
    });

    it('waits for the broker when it subscribes while offline', async () => {
      const broker = await startBroker();
      const iotCore = await connectTo(broker.url);
      await broker.close();
      await becomes(iotCore, false);

      const subscribing = listen(iotCore, 'late');
      await startBroker(broker.port);
      const inbox = await subscribing;
      iotCore.publish({ topic: 'late', payload: Buffer.from('x'), qos: 1 });

      expect(textsOf(await inbox.take(1))).toEqual(['x']);
    });

    it('holds the limits of IoT Core', async () => {
      const iotCore = await connectTo((await startBroker()).url);
      const inbox = await listen(iotCore, 'big');
      const limit = 128 * 1024;

      iotCore.publish({ topic: 'big', payload: Buffer.alloc(limit, 7), qos: 1 });

      expect((await inbox.take(1))[0]?.payload.byteLength).toBe(limit);
      expect(() => iotCore.publish({ topic: 'big', payload: Buffer.alloc(limit + 1), qos: 1 })).toThrow('131073 bytes');
      expect(() => iotCore.publish({ topic: 'a/#', payload: Buffer.alloc(1), qos: 1 })).toThrow('wildcards');
      await expect(iotCore.subscribe('a/b/c/d/e/f/g/h/i', 1, () => undefined)).rejects.toThrow('8 slashes');
    });

    it('refuses work after it was closed', async () => {
      const iotCore = await connectTo((await startBroker()).url);
      await iotCore.close();
      await iotCore.close();

      expect(iotCore.online).toBe(false);
      expect(() => iotCore.publish({ topic: 'x', payload: Buffer.alloc(1), qos: 1 })).toThrow('closed');
      await expect(iotCore.subscribe('x', 1, () => undefined)).rejects.toThrow('closed');
    });

    it.runIf(underTest.protocolVersion === 5)('carries the properties of MQTT 5', async () => {
      const iotCore = await connectTo((await startBroker()).url);
      const inbox = await listen(iotCore, 'ask');
      const properties = {
        userProperties: [
          { key: 'line', value: '1' },
          { key: 'line', value: '2' },
          { key: 'shift', value: 'night' },
        ],
        correlationData: Buffer.from([0, 255]),
        responseTopic: 'answer',
        payloadFormat: 'UTF8',
        contentType: 'text/plain',
      } as const;

      iotCore.publish({ topic: 'ask', payload: Buffer.from('?'), qos: 1, ...properties });

      expect((await inbox.take(1))[0]).toMatchObject(properties);
    });
  });
}

function textsOf(messages: readonly IotMessage[]): string[] {
  return messages.map(({ payload }) => Buffer.from(payload).toString());
}

function becomes(iotCore: IotCore, wanted: boolean): Promise<void> {
  return new Promise((resolve) => {
    const off = iotCore.onOnline((online) => {
      if (online !== wanted) return;
      queueMicrotask(() => off());
      resolve();
    });
  });
}
