import type { Qos } from '../../mqtt/iot-core.ts';
import { Fault } from '../fault.ts';

export const MQTT_PROXY = 'aws.greengrass.ipc.mqttproxy';

export function requireTopic(topic: string | null | undefined): string {
  if (typeof topic === 'string') return topic;
  throw new Fault('InvalidArgumentsError', 'Topic is required');
}

/** `"0"` or `"1"`. Lite takes numbers too and 0 if there is none. */
export function requireQos(qos: string | number | null | undefined, lite: boolean): Qos {
  if (qos === '0' || (lite && (qos === 0 || qos === null || qos === undefined))) return 0;
  if (qos === '1' || (lite && qos === 1)) return 1;
  if (qos === null || qos === undefined) throw new Fault('InvalidArgumentsError', 'QoS is required');
  throw new Fault('InvalidArgumentsError', `Invalid QoS value: ${qos}`);
}
