import { TOPIC_TEMPLATES } from './topics.ts';
import type { TopicName } from './topics.ts';

/** `accessControl` of a recipe's DefaultConfiguration: IPC service → policy id → statement. */
export type AccessControl = Readonly<Record<string, Readonly<Record<string, AccessPolicy>>>>;

interface AccessPolicy {
  readonly policyDescription: string;
  readonly operations: readonly string[];
  readonly resources: readonly string[];
}

/** Components that speak on topics; all others need no `accessControl`. */
const TALKING_COMPONENTS = [
  'edgeml.InferenceAgent',
  'edgeml.InferenceApp',
  'edgeml.FeedbackUploader',
  'edgeml.Console',
] as const;
type TalkingComponent = (typeof TALKING_COMPONENTS)[number];

/** Secrets that the application may read with no further statement: those whose names begin with `edgeml/`. */
const SECRETS = 'arn:aws:secretsmanager:*:*:secret:edgeml/*';

type Service = 'pubsub' | 'mqttproxy';
type Operation = 'PublishToTopic' | 'SubscribeToTopic' | 'PublishToIoTCore' | 'SubscribeToIoTCore';

interface TopicUse {
  readonly operation: Operation;
  readonly why: string;
  readonly topics: readonly TopicName[];
}

/** Publishers and subscribers of each topic. One policy per row, so that no component may publish on a topic that it only hears. */
const USES: Readonly<Record<TalkingComponent, readonly TopicUse[]>> = {
  'edgeml.InferenceAgent': [
    {
      operation: 'PublishToTopic',
      why: 'Events, answers to invocations, own heartbeat.',
      topics: ['events', 'reply', 'heartbeat'],
    },
    { operation: 'SubscribeToTopic', why: 'Invocations, own heartbeat.', topics: ['invoke', 'heartbeat'] },
    {
      operation: 'PublishToIoTCore',
      why: 'Events, heartbeats and the state of the device to the cloud.',
      topics: ['mqttEvents', 'mqttHeartbeat', 'mqttState'],
    },
  ],
  'edgeml.InferenceApp': [
    {
      operation: 'PublishToTopic',
      why: 'Results, incidents, own heartbeat.',
      topics: ['results', 'events', 'heartbeat'],
    },
    { operation: 'SubscribeToTopic', why: 'Events of the agent, own heartbeat.', topics: ['events', 'heartbeat'] },
    {
      operation: 'PublishToIoTCore',
      why: 'Results to the cloud, also under the names of the old components.',
      topics: [
        'mqttResults',
        'dlrImageClassification',
        'dlrObjectDetection',
        'tfliteImageClassification',
        'tfliteObjectDetection',
      ],
    },
  ],
  'edgeml.FeedbackUploader': [
    {
      operation: 'PublishToTopic',
      why: 'Metrics, status and prediction messages for this device, incidents, own heartbeat.',
      topics: ['metrics', 'feedbackStatus', 'feedbackPrediction', 'events', 'heartbeat'],
    },
    { operation: 'SubscribeToTopic', why: 'Own heartbeat.', topics: ['heartbeat'] },
    {
      operation: 'PublishToIoTCore',
      why: 'Status and prediction messages to the cloud.',
      topics: ['mqttFeedbackStatus', 'mqttFeedbackPrediction', 'feedbackStatus', 'feedbackPrediction'],
    },
  ],
  'edgeml.Console': [
    { operation: 'PublishToTopic', why: 'Incidents, own heartbeat.', topics: ['events', 'heartbeat'] },
    { operation: 'SubscribeToTopic', why: 'Events to be shown, own heartbeat.', topics: ['events', 'heartbeat'] },
  ],
};

/**
 * `accessControl` of a component's recipe. Empty for components that say nothing.
 *
 * Pub/sub resources know one wildcard, `*` (any characters, slashes too); `+` and `#` would be taken literally there.
 * The Java nucleus does not fill `{iot:thingName}` in resources by default, so MQTT topics with a thing are allowed as `edgeml/*`.
 */
export function accessControlFor(component: string): AccessControl {
  const uses = isTalking(component) ? USES[component] : [];
  const services = [...new Set(uses.map((use) => serviceOf(use.operation)))];
  return Object.fromEntries([
    ...services.map((service) => [`aws.greengrass.ipc.${service}`, policies(component, service, uses)]),
    ...(component === 'edgeml.InferenceApp' ? [['aws.greengrass.SecretManager', secretPolicy(component)]] : []),
  ]) as AccessControl;
}

/** The IPC service that guards an operation; undefined for operations that need no policy. */
export function guardOf(operation: string): string | undefined {
  if (operation === 'GetSecretValue') return 'aws.greengrass.SecretManager';
  if (/^(Publish|Subscribe)ToTopic$/.test(operation)) return 'aws.greengrass.ipc.pubsub';
  if (/^(Publish|Subscribe)ToIoTCore$/.test(operation)) return 'aws.greengrass.ipc.mqttproxy';
  return undefined;
}

function policies(component: string, service: Service, uses: readonly TopicUse[]): Record<string, AccessPolicy> {
  const own = uses.filter((use) => serviceOf(use.operation) === service);
  return Object.fromEntries(
    own.map((use, index) => [
      `${component}:${service}:${index + 1}`,
      {
        policyDescription: use.why,
        operations: [`aws.greengrass#${use.operation}`],
        resources: [...new Set(use.topics.map((topic) => resource(component, service, topic)))],
      },
    ]),
  );
}

function secretPolicy(component: string): Record<string, AccessPolicy> {
  const policy = {
    policyDescription: 'User and password of cameras.',
    operations: ['aws.greengrass#GetSecretValue'],
    resources: [SECRETS],
  };
  return { [`${component}:SecretManager:1`]: policy };
}

function resource(component: string, service: Service, topic: TopicName): string {
  if (service === 'mqttproxy' && TOPIC_TEMPLATES[topic].startsWith('edgeml/{thing}/')) return 'edgeml/*';
  return TOPIC_TEMPLATES[topic].replace('{component}', component).replace(/\{\w+\}/g, '*');
}

function serviceOf(operation: Operation): Service {
  return operation.endsWith('IoTCore') ? 'mqttproxy' : 'pubsub';
}

function isTalking(component: string): component is TalkingComponent {
  return (TALKING_COMPONENTS as readonly string[]).includes(component);
}
