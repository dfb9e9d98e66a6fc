import * as z from 'zod';
import { messageOf } from '#packages/foundation';
import type { IotPublish } from '../../mqtt/iot-core.ts';
import { Fault } from '../fault.ts';
import { operation } from '../operation.ts';
import type { Call } from '../operation.ts';
import { MQTT_PROXY, requireQos, requireTopic } from './iot-core-arguments.ts';

const request = z.object({
  topicName: z.string().nullish(),
  qos: z.union([z.string(), z.number()]).nullish(),
  payload: z.string().nullish(),
  retain: z.boolean().nullish(),
  userProperties: z.array(z.object({ key: z.string(), value: z.string() })).nullish(),
  messageExpiryIntervalSeconds: z.number().nullish(),
  correlationData: z.string().nullish(),
  responseTopic: z.string().nullish(),
  payloadFormat: z.enum(['0', '1']).nullish(),
  contentType: z.string().nullish(),
});

type Request = z.infer<typeof request>;

/** Success means spooled. The nucleus does not pass `contentType` on. Lite has no spool and carries topic and payload only. */
export const publishToIotCore = operation<Request>({
  name: 'PublishToIoTCore',
  request,
  onLite: true,
  handle(asked, call) {
    const topic = requireTopic(asked.topicName);
    call.authorize(MQTT_PROXY, topic, 'terse');
    if (typeof asked.payload !== 'string' && !call.lite)
      throw new Fault('InvalidArgumentsError', 'Payload is required');
    const message = {
      topic,
      payload: Buffer.from(asked.payload ?? '', 'base64'),
      qos: requireQos(asked.qos, call.lite),
      ...(call.lite ? {} : propertiesOf(asked)),
    };
    publish(message, call);
    return {};
  },
});

function publish(message: IotPublish, call: Call): void {
  if (call.lite && call.iotCore?.online !== true) throw new Fault('ServiceError', 'Failed to publish the message.');
  try {
    if (!call.iotCore) throw new Error('Cannot publish because device is configured to run offline');
    call.iotCore.publish(message);
  } catch (error) {
    throw new Fault('ServiceError', `Publish to topic ${message.topic} failed: ${messageOf(error)}`);
  }
}

function propertiesOf(asked: Request): Partial<IotPublish> {
  return {
    retain: asked.retain ?? false,
    ...(asked.userProperties ? { userProperties: asked.userProperties } : {}),
    ...(typeof asked.messageExpiryIntervalSeconds === 'number'
      ? { messageExpiryIntervalSeconds: asked.messageExpiryIntervalSeconds }
      : {}),
    ...(typeof asked.correlationData === 'string'
      ? { correlationData: Buffer.from(asked.correlationData, 'base64') }
      : {}),
    ...(typeof asked.responseTopic === 'string' ? { responseTopic: asked.responseTopic } : {}),
    ...(asked.payloadFormat === '1' ? { payloadFormat: 'UTF8' } : {}),
  };
}
