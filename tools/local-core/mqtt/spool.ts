import { coreErrors } from '../errors.ts';
import type { IotPublish } from './iot-core.ts';

/** Payload bytes that wait in memory, `mqtt.spooler.maxSizeInBytes` of the nucleus: 2.5 MiB. */
export const DEFAULT_SPOOL_BYTES = 2.5 * 1024 * 1024;

export interface SpooledMessage {
  readonly message: IotPublish;
  /** Failed attempts so far. */
  readonly attempts: number;
}

/**
 * Messages on their way to the broker, in order. A message counts until it is done, in flight or not.
 * When full, the oldest of quality 0 make room; when that is not enough the new one is refused.
 */
export class Spool {
  readonly #maxBytes: number;
  #waiting: SpooledMessage[] = [];
  #bytes = 0;

  constructor(maxBytes: number = DEFAULT_SPOOL_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Throws `mqtt.spool-full`. */
  add(message: IotPublish): void {
    const size = message.payload.byteLength;
    if (size > this.#maxBytes) throw full('Message is larger than the size of message spool.');
    this.#makeRoom(size);
    if (this.#bytes + size > this.#maxBytes) throw full('Message spool is full. Message could not be added.');
    this.#bytes += size;
    this.#waiting.push({ message, attempts: 0 });
  }

  /** Hands out the oldest; it still counts until `done` or `retry`. */
  take(): SpooledMessage | undefined {
    return this.#waiting.shift();
  }

  done(spooled: SpooledMessage): void {
    this.#bytes -= spooled.message.payload.byteLength;
  }

  /** Puts a message that failed back to the front. */
  retry(spooled: SpooledMessage): void {
    this.#waiting.unshift({ message: spooled.message, attempts: spooled.attempts + 1 });
  }

  /** The connection is lost: messages of quality 0 are not kept. */
  dropQos0(): void {
    this.#drop(({ message }) => message.qos === 0);
  }

  #makeRoom(size: number): void {
    this.#drop(({ message }) => message.qos === 0 && this.#bytes + size > this.#maxBytes);
  }

  #drop(condemned: (spooled: SpooledMessage) => boolean): void {
    this.#waiting = this.#waiting.filter((spooled) => {
      if (!condemned(spooled)) return true;
      this.done(spooled);
      return false;
    });
  }
}

function full(message: string): Error {
  return coreErrors.error('mqtt.spool-full', message);
}
