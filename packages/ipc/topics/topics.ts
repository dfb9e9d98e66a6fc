import { checkedLevel, checkedTopic } from './topic-syntax.ts';

/** Every topic of the collection. Nothing else spells them. */
export const TOPIC_TEMPLATES = {
  results: 'edgeml/results/{service}',
  events: 'edgeml/events',
  invoke: 'edgeml/invoke/{service}',
  reply: 'edgeml/reply/{id}',
  heartbeat: 'edgeml/heartbeat/{component}',
  mqttResults: 'edgeml/{thing}/results/{service}',
  mqttEvents: 'edgeml/{thing}/events',
  mqttHeartbeat: 'edgeml/{thing}/heartbeat',
  /** Where AWS IoT takes what a device says of its shadow; nucleus lite has no other way to it. */
  mqttState: '$aws/things/{thing}/shadow/name/edgeml/update',
  mqttFeedbackStatus: 'edgeml/{thing}/feedback/message/status',
  mqttFeedbackPrediction: 'edgeml/{thing}/feedback/message/prediction',
  /** The old ML Feedback connector's own names, local or on IoT Core, for those who keep them. */
  feedbackStatus: 'feedback/message/status',
  feedbackPrediction: 'feedback/message/prediction',
  /** Default topics of the machine-learning components of Greengrass v2, on IoT Core, for those who keep them. */
  dlrImageClassification: 'ml/dlr/image-classification',
  dlrObjectDetection: 'ml/dlr/object-detection',
  tfliteImageClassification: 'ml/tflite/image-classification',
  tfliteObjectDetection: 'ml/tflite/object-detection',
  /** Where the CloudWatch metrics component listens, old and new. */
  metrics: 'cloudwatch/metric/put',
} as const;

export type TopicName = keyof typeof TOPIC_TEMPLATES;

/** Builders of local topics. Names become one level each; what cannot be a level is refused with `topic.invalid`. */
export const localTopics = {
  results: (service: string) => fillTopic(TOPIC_TEMPLATES.results, { service }),
  events: TOPIC_TEMPLATES.events,
  invoke: (service: string) => fillTopic(TOPIC_TEMPLATES.invoke, { service }),
  /** Filter over the invoke topics of all services. */
  invokeFilter: 'edgeml/invoke/+',
  heartbeat: (component: string) => fillTopic(TOPIC_TEMPLATES.heartbeat, { component }),
} as const;

/** Builders of IoT Core topics. */
export const mqttTopics = {
  results: (thing: string, service: string) => fillTopic(TOPIC_TEMPLATES.mqttResults, { thing, service }),
  events: (thing: string) => fillTopic(TOPIC_TEMPLATES.mqttEvents, { thing }),
  heartbeat: (thing: string) => fillTopic(TOPIC_TEMPLATES.mqttHeartbeat, { thing }),
  state: (thing: string) => fillTopic(TOPIC_TEMPLATES.mqttState, { thing }),
} as const;

/** The only topics that the agent may answer invocations on: `edgeml/reply/…`. */
export function isReplyTopic(topic: string): boolean {
  return /^edgeml\/reply\/[^+#\u0000]+$/.test(topic);
}

/**
 * Fills `{thing}`, `{service}`, `{source}`, … of a topic template, also of configured ones.
 *
 * @throws EdgeError `topic.invalid` for names that cannot be a level and for placeholders without a value.
 */
export function fillTopic(template: string, names: Readonly<Record<string, string>>): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => checkedLevel(names[name] ?? '', `{${name}}`));
  return checkedTopic(filled);
}
