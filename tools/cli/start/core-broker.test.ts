import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startEmbeddedBroker } from '../../local-core/mqtt/embedded-broker.ts';
import { brokerOf, movedBroker } from './core-broker.ts';

let holder: Server;
let taken: number;
beforeEach(async () => {
  holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  taken = (holder.address() as AddressInfo).port;
});
afterEach(() => void holder.close());

describe('the broker of npm start', () => {
  it('is on port 1883, or one of the next, unless a port or another broker is given', () => {
    expect(brokerOf({})).toEqual({ port: 1883, tries: 20 });
    expect(brokerOf({ mqttPort: '1999' })).toEqual({ port: 1999 });
    expect(brokerOf({ mqtt: 'mqtt://broker:1883' })).toEqual({ url: 'mqtt://broker:1883' });
    expect(() => brokerOf({ mqttPort: 'many' })).toThrow('--mqtt-port is "many"');
  });

  it('takes the next port that is free, and says so', async () => {
    const broker = await startEmbeddedBroker({ port: taken, tries: 20 });
    try {
      expect(broker.port).toBeGreaterThan(taken);
      expect(broker.port).toBeLessThan(taken + 20);
      expect(movedBroker({ port: taken, tries: 20 }, broker.url)).toBe(
        `port ${taken} is taken; --mqtt-port chooses another`,
      );
      expect(movedBroker({ port: broker.port }, broker.url)).toBeUndefined();
    } finally {
      await broker.close();
    }
  });

  it('refuses a port of the user that is taken', async () => {
    await expect(startEmbeddedBroker({ port: taken })).rejects.toMatchObject({
      code: 'mqtt.broker-start',
      message: expect.stringContaining(`127.0.0.1:${taken}`) as string,
    });
  });
});
