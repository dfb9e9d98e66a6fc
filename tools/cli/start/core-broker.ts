import type { IotCoreChoice } from '../../local-core/mqtt/start-iot-core.ts';
import { cliErrors } from '../errors.ts';

/** The port of MQTT (IANA: mqtt, 1883), so that programs find the broker again. */
const MQTT_PORT = 1883;
/** Ports that are looked at while others hold those before. */
const TRIES = 20;

export interface BrokerOptions {
  readonly mqtt?: string;
  readonly mqttPort?: string;
}

/**
 * The broker of `npm start`: the given one; else an embedded one on the given port and no other, or on the first free port from
 * 1883 on.
 *
 * @throws EdgeError `cli.usage`
 */
export function brokerOf({ mqtt, mqttPort }: BrokerOptions): Exclude<IotCoreChoice, false> {
  if (mqtt !== undefined) return { url: mqtt };
  if (mqttPort === undefined) return { port: MQTT_PORT, tries: TRIES };
  const port = Number(mqttPort);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return { port };
  throw cliErrors.error('cli.usage', `--mqtt-port is "${mqttPort}"; give a port from 1 to 65535`);
}

/** The note on a broker that is not at the expected port; undefined if it is. */
export function movedBroker(choice: Exclude<IotCoreChoice, false>, url: string | undefined): string | undefined {
  if (choice.port === undefined || url === undefined || url.endsWith(`:${choice.port}`)) return undefined;
  return `port ${choice.port} is taken; --mqtt-port chooses another`;
}
