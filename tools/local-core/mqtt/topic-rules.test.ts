import { describe, expect, it } from 'vitest';

import { checkPayload, checkTopic, MAX_PAYLOAD_BYTES } from './topic-rules.ts';

const slashes = (count: number): string => Array.from({ length: count + 1 }, () => 'x').join('/');

describe('topic rules of IoT Core', () => {
  it.each([
    ['publish', 'a'],
    ['publish', slashes(7)],
    ['publish', 'x'.repeat(256)],
    ['publish', `$aws/rules/store/${slashes(7)}`],
    ['publish', `$aws/things/t/shadow/name/n/update/delta/and/more/levels`],
    ['subscribe', `$share/group/${slashes(7)}`],
    ['subscribe', '#'],
    ['subscribe', '+/a/+/#'],
  ] as const)('allows to %s %s', (use, topic) => {
    expect(() => checkTopic(topic, use)).not.toThrow();
  });

  it.each([
    ['publish', '', 'empty'],
    ['publish', 'a\0b', 'zero character'],
    ['publish', 'a/+', 'for subscriptions only'],
    ['publish', slashes(8), '8 slashes'],
    ['publish', 'x'.repeat(257), '257 characters'],
    ['publish', `$aws/rules/store/${slashes(8)}`, '8 slashes'],
    ['publish', `$aws/${'x'.repeat(512)}`, 'reserved topics'],
    ['publish', `$share/group/${slashes(7)}`, '9 slashes'],
    ['subscribe', 'a/b+', '+ has to fill a whole level'],
    ['subscribe', 'a/#/b', '# has to be the last level'],
    ['subscribe', 'a#', '# has to be the last level'],
  ] as const)('does not allow to %s "%s"', (use, topic, reason) => {
    expect(() => checkTopic(topic, use)).toThrow(reason);
  });

  it('allows payloads up to 128 kB', () => {
    expect(() => checkPayload('t', new Uint8Array(MAX_PAYLOAD_BYTES))).not.toThrow();
    expect(() => checkPayload('t', new Uint8Array(MAX_PAYLOAD_BYTES + 1))).toThrow('exceeds the limit of 131072 bytes');
  });
});
