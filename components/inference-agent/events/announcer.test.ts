import { describe, expect, it } from 'vitest';
import { silentLogger } from '#packages/foundation';
import { FakeClock } from '../../../testing/clock/fake-clock.ts';
import { Announcer } from './announcer.ts';

const FACTS = { deviceName: 'press', thing: 'belt-7' };

/** @param publish default: the nucleus takes everything */
function make(publish: () => Promise<void> = async () => undefined) {
  const heard: string[] = [];
  const lost: string[] = [];
  const announcer = new Announcer({
    ipc: {
      publishLocal: (topic) => (heard.push(topic), publish()),
      publishIot: (topic) => (heard.push(topic), publish()),
    },
    clock: new FakeClock(),
    log: silentLogger,
    thing: 'belt-7',
    onLost: (channel) => lost.push(channel),
  });
  return { announcer, heard, lost };
}

describe('Announcer', () => {
  it('tells its listeners in the order in which they came, and then publishes', () => {
    const { announcer, heard } = make();
    announcer.listen((event) => heard.push(`first: ${event}`));
    announcer.listen((event, facts) => heard.push(`second: ${event} ${JSON.stringify(facts)}`));
    announcer.announce('device.name-mismatch', FACTS);
    expect(heard).toEqual([
      'first: device.name-mismatch',
      `second: device.name-mismatch ${JSON.stringify(FACTS)}`,
      'edgeml/events',
      'edgeml/belt-7/events',
    ]);
  });

  it('counts as lost what the nucleus refuses', async () => {
    const { announcer, lost } = make(() => Promise.reject(new Error('not connected')));
    announcer.announce('device.name-mismatch', FACTS);
    await expect.poll(() => lost).toEqual(['local', 'mqtt']);
  });

  it('counts as lost what would wait behind many that the nucleus does not take', () => {
    const { announcer, heard, lost } = make(() => new Promise(() => undefined));
    for (let count = 0; count < 33; count++) announcer.announce('device.name-mismatch', FACTS);
    expect(heard).toHaveLength(64);
    expect(lost).toEqual(['local', 'mqtt']);
  });
});
