import * as z from 'zod';
import { messageOf } from '#packages/foundation';
import type { IotCore, IotMessage, Qos } from '../../mqtt/iot-core.ts';
import { Fault } from '../fault.ts';
import { operation } from '../operation.ts';
import type { Call } from '../operation.ts';
import { MQTT_PROXY, requireQos, requireTopic } from './iot-core-arguments.ts';

const request = z.object({ topicName: z.string().nullish(), qos: z.union([z.string(), z.number()]).nullish() });

/** Messages that come before the broker's acknowledgement are not passed on. */
export const subscribeToIotCore = operation<z.infer<typeof request>>({
  name: 'SubscribeToIoTCore',
  request,
  events: 'IoTCoreMessage',
  onLite: true,
  async handle(asked, call) {
    const filter = requireTopic(asked.topicName);
    call.authorize(MQTT_PROXY, filter, 'terse');
    const qos = requireQos(asked.qos, call.lite);
    if (!call.iotCore) {
      throw failed(filter, 'Device is not configured to connect to AWS');
    }
    await subscribe(filter, qos, call.iotCore, call);
    return {};
  },
});

async function subscribe(filter: string, qos: Qos, iotCore: IotCore, call: Call): Promise<void> {
  try {
    const subscription = await iotCore.subscribe(filter, qos, (message) =>
      call.stream.send(eventOf(message, call.lite)),
    );
    call.stream.onClose(() => {
      subscription.close().catch((error: unknown) => {
        call.log.warn({ topic: filter, error: messageOf(error) }, 'ipc.iot-unsubscribe-failed');
      });
    });
  } catch (error) {
    throw failed(filter, messageOf(error));
  }
}

function eventOf(message: IotMessage, lite: boolean): object {
  const base = { topicName: message.topic, payload: base64(message.payload) };
  if (lite) return { message: base };
  return {
    message: {
      ...base,
      retain: message.retain,
      payloadFormat: message.payloadFormat === 'UTF8' ? '1' : '0',
      ...(message.userProperties ? { userProperties: message.userProperties } : {}),
      ...(message.messageExpiryIntervalSeconds === undefined
        ? {}
        : { messageExpiryIntervalSeconds: message.messageExpiryIntervalSeconds }),
      ...(message.correlationData ? { correlationData: base64(message.correlationData) } : {}),
      ...(message.responseTopic === undefined ? {} : { responseTopic: message.responseTopic }),
      ...(message.contentType === undefined ? {} : { contentType: message.contentType }),
    },
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

function failed(filter: string, reason: string): Fault {
  return new Fault('ServiceError', `Subscribe to topic ${filter} failed with error ${reason}`);
}
