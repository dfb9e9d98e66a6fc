import { messageOf } from '#packages/foundation';
import type { Logger } from '#packages/foundation';

import type { IotPublish } from './iot-core.ts';
import type { Spool, SpooledMessage } from './spool.ts';

/** Defaults of the nucleus: `maxInFlightPublishes` and `maxPublishRetry`. */
const MAX_IN_FLIGHT = 5;
const MAX_ATTEMPTS = 100;

/** Empties the spool while the connection is up, a few messages at a time, oldest first. */
export class SpoolSender {
  readonly #spool: Spool;
  readonly #send: (message: IotPublish) => Promise<void>;
  readonly #log: Logger;
  #online = false;
  #inFlight = 0;

  /** `send` resolves when the broker has acknowledged (quality 1) or the message is written (quality 0). */
  constructor(spool: Spool, send: (message: IotPublish) => Promise<void>, log: Logger) {
    this.#spool = spool;
    this.#send = send;
    this.#log = log;
  }

  setOnline(online: boolean): void {
    this.#online = online;
    if (online) this.wake();
    else this.#spool.dropQos0();
  }

  /** Call after adding to the spool. */
  wake(): void {
    while (this.#online && this.#inFlight < MAX_IN_FLIGHT) {
      const spooled = this.#spool.take();
      if (!spooled) return;
      this.#inFlight++;
      void this.#deliver(spooled);
    }
  }

  async #deliver(spooled: SpooledMessage): Promise<void> {
    try {
      await this.#send(spooled.message);
      this.#spool.done(spooled);
    } catch (error) {
      this.#failed(spooled, error);
    }
    this.#inFlight--;
    this.wake();
  }

  #failed(spooled: SpooledMessage, error: unknown): void {
    const { topic, qos } = spooled.message;
    const lost = qos === 0 || isRefusal(error) || spooled.attempts + 1 >= MAX_ATTEMPTS;
    this.#log.warn({ topic, attempts: spooled.attempts + 1, lost, error: messageOf(error) }, 'mqtt.publish-failed');
    if (lost) this.#spool.done(spooled);
    else this.#spool.retry(spooled);
  }
}

/** MQTT 5, section 3.4.2.1: reason codes from 128 are the broker's no; asking again would not change it. */
function isRefusal(error: unknown): boolean {
  const code: unknown = (error as { code?: unknown }).code;
  return typeof code === 'number' && code >= 128;
}
