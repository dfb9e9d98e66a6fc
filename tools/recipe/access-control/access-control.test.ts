import { describe, expect, it } from 'vitest';

import { parseAccessControl } from './access-control.ts';

const PUBSUB = 'aws.greengrass.ipc.pubsub';
const PUBLISH = 'aws.greengrass#PublishToTopic';
const SUBSCRIBE = 'aws.greengrass#SubscribeToTopic';

describe('accessControl', () => {
  it('grants what a policy names and nothing else', () => {
    const rules = parseAccessControl({
      [PUBSUB]: { 'app:1': { operations: [PUBLISH], resources: ['edgeml/results/*'] } },
    });

    expect(rules.problems).toEqual([]);
    expect(rules.allows(PUBSUB, PUBLISH, 'edgeml/results/a')).toBe(true);
    expect(rules.allows(PUBSUB, PUBLISH, 'edgeml/events')).toBe(false);
    expect(rules.allows(PUBSUB, SUBSCRIBE, 'edgeml/results/a')).toBe(false);
    expect(rules.allows('aws.greengrass.ipc.mqttproxy', PUBLISH, 'edgeml/results/a')).toBe(false);
  });

  it('takes * for all operations and all resources', () => {
    const rules = parseAccessControl({ [PUBSUB]: { 'app:1': { operations: ['*'], resources: ['*'] } } });

    expect(rules.allows(PUBSUB, SUBSCRIBE, 'a/+/#')).toBe(true);
  });

  it('treats + and # as wildcards for the MQTT proxy only', () => {
    const policy = { 'app:1': { operations: ['*'], resources: ['a/+', 'b/#'] } };
    const rules = parseAccessControl({ [PUBSUB]: policy, 'aws.greengrass.ipc.mqttproxy': policy });

    expect(rules.allows(PUBSUB, PUBLISH, 'a/x')).toBe(false);
    expect(rules.allows('aws.greengrass.ipc.mqttproxy', 'aws.greengrass#PublishToIoTCore', 'a/x')).toBe(true);
    expect(rules.allows('aws.greengrass.ipc.mqttproxy', 'aws.greengrass#SubscribeToIoTCore', 'b/x/y')).toBe(true);
  });

  it('is read from a JSON text too', () => {
    const rules = parseAccessControl(JSON.stringify({ [PUBSUB]: { p: { operations: ['*'], resources: ['*'] } } }));

    expect(rules.allows(PUBSUB, PUBLISH, 'x')).toBe(true);
  });

  it.each([undefined, null, {}, { [PUBSUB]: null }])('grants nothing and complains about nothing for %j', (value) => {
    const rules = parseAccessControl(value);

    expect(rules.problems).toEqual([]);
    expect(rules.allows(PUBSUB, PUBLISH, 'x')).toBe(false);
  });

  it('skips what it cannot read, keeps the rest, and says where', () => {
    const rules = parseAccessControl({
      'aws.greengrass.ipc.pubsup': { p: { operations: ['*'], resources: ['*'] } },
      [PUBSUB]: {
        'no/operations': { resources: ['*'] },
        badResource: { operations: [PUBLISH], resources: ['a?', 'good'] },
        badOperation: { operations: ['Publish', PUBLISH], resources: ['other'] },
        noResources: { operations: ['*'] },
        notThere: 'x',
      },
    });

    expect(rules.problems.map(({ pointer }) => pointer)).toEqual([
      '/aws.greengrass.ipc.pubsup',
      '/aws.greengrass.ipc.pubsub/no~1operations/operations',
      '/aws.greengrass.ipc.pubsub/badResource/resources/0',
      '/aws.greengrass.ipc.pubsub/badOperation/operations/0',
      '/aws.greengrass.ipc.pubsub/noResources/resources',
      '/aws.greengrass.ipc.pubsub/notThere',
    ]);
    expect(rules.allows(PUBSUB, PUBLISH, 'good')).toBe(true);
    expect(rules.allows(PUBSUB, PUBLISH, 'other')).toBe(true);
    expect(rules.allows(PUBSUB, PUBLISH, 'a?')).toBe(false);
  });

  it('complains about a text that is not JSON', () => {
    expect(parseAccessControl('{').problems[0]?.message).toContain('no JSON');
  });
});
