import type { Clock, Logger } from '#packages/foundation';
import { brokerIotCore } from './broker-iot-core.ts';
import { embeddedIotCore } from './embedded-broker.ts';
import type { IotCore } from './iot-core.ts';

/**
 * The broker at `url`, or an embedded one on `port` (default: a free one) or, if that is taken, on one of the next so many; `false`:
 * the device is not configured to go online.
 */
export type IotCoreChoice = { readonly url?: string; readonly port?: number; readonly tries?: number } | false;

/** The stand-in for AWS IoT Core, and the address of its broker for programs. */
export interface StartedIotCore {
  readonly iotCore: IotCore | undefined;
  readonly url: string | undefined;
  close(): Promise<void>;
}

/** @throws EdgeError `mqtt.broker-start`, `mqtt.url` */
export async function startIotCore(choice: IotCoreChoice, clock: Clock, log: Logger): Promise<StartedIotCore> {
  if (choice === false) return { iotCore: undefined, url: undefined, close: async () => undefined };
  if (choice.url !== undefined) {
    const iotCore = brokerIotCore({ url: choice.url, clock, log });
    return { iotCore, url: choice.url, close: () => iotCore.close() };
  }
  const { port, tries } = choice;
  const embedded = await embeddedIotCore({ clock, log, port, tries });
  return { iotCore: embedded.iotCore, url: embedded.broker.url, close: () => embedded.close() };
}
