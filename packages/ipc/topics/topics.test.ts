import { describe, expect, it } from 'vitest';
import { accessControlFor, guardOf } from './access-control.ts';
import { checkedTopic, checkedTopicFilter, topicMatches } from './topic-syntax.ts';
import { fillTopic, isReplyTopic, localTopics, mqttTopics } from './topics.ts';

const refused = expect.objectContaining({ code: 'topic.invalid' }) as Error;

describe('topics', () => {
  it('builds local and MQTT topics from names', () => {
    expect(localTopics.results('PartsDetector')).toBe('edgeml/results/PartsDetector');
    expect(localTopics.heartbeat('edgeml.InferenceApp')).toBe('edgeml/heartbeat/edgeml.InferenceApp');
    expect(mqttTopics.results('thing:1', 'Parts')).toBe('edgeml/thing:1/results/Parts');
    expect(fillTopic('site/{thing}/{source}/{service}', { thing: 't', source: 's', service: 'x' })).toBe('site/t/s/x');
  });

  it.each(['', 'a/b', '+', 'a#', 'nul\u0000'])('refuses the name %j as a level', (name) => {
    expect(() => localTopics.results(name)).toThrow(refused);
  });

  it('refuses a placeholder that has no value', () => {
    expect(() => fillTopic('edgeml/{typo}', { thing: 't' })).toThrow(refused);
  });

  it.each(['edgeml/reply/app/1', 'edgeml/reply/x'])('lets the agent answer on %s', (topic) => {
    expect(isReplyTopic(topic)).toBe(true);
  });

  it.each(['edgeml/events', 'edgeml/reply/', 'edgeml/reply/#', 'x/edgeml/reply/a', 'edgeml/reply'])(
    'does not let the agent answer on %s',
    (topic) => expect(isReplyTopic(topic)).toBe(false),
  );
});

describe('topic syntax', () => {
  const sevenSlashes = 'a/b/c/d/e/f/g/h';

  it.each([sevenSlashes, 'x'.repeat(256), `$aws/rules/keep/${sevenSlashes}`])('publishes to %s', (topic) => {
    expect(checkedTopic(topic)).toBe(topic);
  });

  it.each(['', `${sevenSlashes}/i`, 'x'.repeat(257), 'ü'.repeat(129), 'a/+/b', 'a/#', 'nul\u0000'])(
    'does not publish to %s',
    (topic) => expect(() => checkedTopic(topic)).toThrow(refused),
  );

  it.each(['#', '+', '+/a/#', 'a/+/b', `$share/group/${sevenSlashes}`])('subscribes to %s', (filter) => {
    expect(checkedTopicFilter(filter)).toBe(filter);
  });

  it.each(['a+/b', 'a/b#', '#/a', 'a/#/b', ''])('does not subscribe to %s', (filter) => {
    expect(() => checkedTopicFilter(filter)).toThrow(refused);
  });

  it.each([
    ['a/b', 'a/b', true],
    ['a/+', 'a/b', true],
    ['a/+', 'a/b/c', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['+/b', 'a/b', true],
    ['#', '$aws/x', false],
    ['a', 'a/b', false],
    ['a/b', 'a', false],
  ])('%s covers %s: %s', (filter, topic, expected) => {
    expect(topicMatches(filter, topic)).toBe(expected);
  });
});

describe('accessControlFor', () => {
  it('grants the application what it says and hears, and no more', () => {
    expect(accessControlFor('edgeml.InferenceApp')).toEqual({
      'aws.greengrass.ipc.pubsub': {
        'edgeml.InferenceApp:pubsub:1': {
          policyDescription: 'Results, incidents, own heartbeat.',
          operations: ['aws.greengrass#PublishToTopic'],
          resources: ['edgeml/results/*', 'edgeml/events', 'edgeml/heartbeat/edgeml.InferenceApp'],
        },
        'edgeml.InferenceApp:pubsub:2': {
          policyDescription: 'Events of the agent, own heartbeat.',
          operations: ['aws.greengrass#SubscribeToTopic'],
          resources: ['edgeml/events', 'edgeml/heartbeat/edgeml.InferenceApp'],
        },
      },
      'aws.greengrass.ipc.mqttproxy': {
        'edgeml.InferenceApp:mqttproxy:1': {
          policyDescription: 'Results to the cloud, also under the names of the old components.',
          operations: ['aws.greengrass#PublishToIoTCore'],
          resources: [
            'edgeml/*',
            'ml/dlr/image-classification',
            'ml/dlr/object-detection',
            'ml/tflite/image-classification',
            'ml/tflite/object-detection',
          ],
        },
      },
      'aws.greengrass.SecretManager': {
        'edgeml.InferenceApp:SecretManager:1': {
          policyDescription: 'User and password of cameras.',
          operations: ['aws.greengrass#GetSecretValue'],
          resources: ['arn:aws:secretsmanager:*:*:secret:edgeml/*'],
        },
      },
    });
  });

  it('row 57: lets the uploader speak on its default topics and on those of the old connector', () => {
    const granted = accessControlFor('edgeml.FeedbackUploader');
    const resourcesOf = (service: string) =>
      Object.values(granted[`aws.greengrass.ipc.${service}`] ?? {}).map((policy) => policy.resources);

    expect(resourcesOf('mqttproxy')).toEqual([['edgeml/*', 'feedback/message/status', 'feedback/message/prediction']]);
    expect(resourcesOf('pubsub')).toEqual([
      [
        'cloudwatch/metric/put',
        'feedback/message/status',
        'feedback/message/prediction',
        'edgeml/events',
        'edgeml/heartbeat/edgeml.FeedbackUploader',
      ],
      ['edgeml/heartbeat/edgeml.FeedbackUploader'],
    ]);
  });

  it('never uses MQTT wildcards for pub/sub, where they are literal', () => {
    const pubsub = accessControlFor('edgeml.InferenceAgent')['aws.greengrass.ipc.pubsub'] ?? {};
    const resources = Object.values(pubsub).flatMap((policy) => policy.resources);

    expect(resources).toContain('edgeml/invoke/*');
    expect(resources.join()).not.toMatch(/[+#{}]/);
  });

  it('is empty for components that say nothing', () => {
    expect(accessControlFor('edgeml.Runtime')).toEqual({});
    expect(accessControlFor('toString')).toEqual({});
  });

  it('knows which service guards an operation', () => {
    expect(guardOf('SubscribeToTopic')).toBe('aws.greengrass.ipc.pubsub');
    expect(guardOf('PublishToIoTCore')).toBe('aws.greengrass.ipc.mqttproxy');
    expect(guardOf('GetConfiguration')).toBeUndefined();
  });
});
