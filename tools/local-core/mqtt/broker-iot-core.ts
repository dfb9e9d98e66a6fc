import { randomUUID } from 'node:crypto';
import { Socket } from 'node:net';

import { connect } from 'mqtt';
import type { IClientPublishOptions, MqttClient } from 'mqtt';
import { maskCredentials, messageOf } from '#packages/foundation';
import type { Clock, Logger } from '#packages/foundation';
import { coreErrors } from '../errors.ts';
import type { IotCore, IotMessage, IotPublish, IotSubscription, Qos } from './iot-core.ts';
import { fromMqtt5, toMqtt5 } from './mqtt5-properties.ts';
import { SpoolSender } from './spool-sender.ts';
import { Spool } from './spool.ts';
import { SubscriptionTable } from './subscription-table.ts';
import type { TableEntry } from './subscription-table.ts';
import { checkPayload, checkTopic } from './topic-rules.ts';

export interface BrokerOptions {
  /** `mqtt://host:port` or `mqtts://…`, with user and password where the broker wants them. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Default: `edgeml-core-` and a random text. */
  readonly clientId?: string;
  /** Pause between attempts to connect. Default: 500 ms. */
  readonly reconnectMs?: number;
  /** For subscriptions. Default: 30 s, as the nucleus has it. */
  readonly operationTimeoutMs?: number;
  /** Payload bytes that may wait. Default: 2.5 MiB. */
  readonly spoolBytes?: number;
  /** The first version to try; 3.1.1 follows if the broker does not speak 5. Default: 5. */
  readonly protocolVersion?: 4 | 5;
}

const KEEPALIVE_SECONDS = 60;
const CONNECT_TIMEOUT_MS = 10_000;
/** CONNACK codes for "I do not speak that version": MQTT 3.1.1 section 3.2.2.3, MQTT 5 section 3.2.2.2. */
const VERSION_REFUSED = [1, 132];

/** IoT Core's stand-in on any MQTT broker. Connects and reconnects by itself; throws `mqtt.url` only. */
export function brokerIotCore(options: BrokerOptions): IotCore {
  return new BrokerIotCore(options);
}

class BrokerIotCore implements IotCore {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #operationTimeoutMs: number;
  readonly #client: MqttClient;
  readonly #spool: Spool;
  readonly #sender: SpoolSender;
  readonly #table: SubscriptionTable;
  readonly #onlineListeners = new Set<(online: boolean) => void>();
  #online = false;
  #closing: Promise<void> | undefined;

  constructor(options: BrokerOptions) {
    this.#clock = options.clock;
    this.#log = options.log.child({ broker: maskCredentials(options.url) });
    this.#operationTimeoutMs = options.operationTimeoutMs ?? 30_000;
    this.#client = openClient(options);
    this.#spool = new Spool(options.spoolBytes);
    this.#sender = new SpoolSender(this.#spool, (message) => this.#send(message), this.#log);
    this.#table = new SubscriptionTable(
      {
        subscribe: (filter, qos, done) =>
          void this.#client.subscribe(filter, { qos }, (error) => done(error ?? undefined)),
        unsubscribe: (filter) =>
          void this.#client.unsubscribe(filter, (error) => {
            if (error) this.#log.debug({ filter, error: error.message }, 'mqtt.unsubscribe-failed');
          }),
      },
      this.#log,
    );
    this.#listen();
  }

  get online(): boolean {
    return this.#online;
  }

  publish(message: IotPublish): void {
    this.#requireOpen();
    checkPayload(message.topic, message.payload);
    checkTopic(message.topic, 'publish');
    if (!this.#online && message.qos === 0) {
      throw coreErrors.error('mqtt.offline', 'Device is offline. Dropping QoS 0 message.');
    }
    this.#spool.add(message);
    this.#sender.wake();
  }

  async subscribe(filter: string, qos: Qos, listener: (message: IotMessage) => void): Promise<IotSubscription> {
    this.#requireOpen();
    checkTopic(filter, 'subscribe');
    const entry = await this.#acknowledged(filter, qos, listener);
    return { close: async () => this.#table.remove(entry) };
  }

  onOnline(listener: (online: boolean) => void): () => void {
    this.#onlineListeners.add(listener);
    listener(this.#online);
    return () => void this.#onlineListeners.delete(listener);
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  #acknowledged(filter: string, qos: Qos, listener: (message: IotMessage) => void): Promise<TableEntry> {
    return new Promise((resolve, reject) => {
      const entry: TableEntry = {
        filter,
        qos,
        listener,
        settle: (error) => {
          cancel();
          if (error) reject(refused(filter, messageOf(error), error));
          else resolve(entry);
        },
      };
      const cancel = this.#clock.after(this.#operationTimeoutMs, () => {
        this.#table.remove(entry);
        reject(refused(filter, `the broker has not answered within ${this.#operationTimeoutMs} ms`));
      });
      this.#table.add(entry);
    });
  }

  #listen(): void {
    const client = this.#client;
    client.on('connect', () => {
      // Small messages, few in flight: without this each waits for the acknowledgement timer of the other side.
      if (client.stream instanceof Socket) client.stream.setNoDelay(true);
      this.#setOnline(true);
    });
    client.on('close', () => this.#setOnline(false));
    client.on('message', (topic, payload, packet) => {
      this.#table.dispatch({ topic, payload, retain: packet.retain, ...fromMqtt5(packet.properties) });
    });
    client.on('error', (error) => {
      const code = (error as { code?: unknown }).code;
      this.#log.debug({ error: error.message, code }, 'mqtt.connection-error');
      if (typeof code === 'number' && VERSION_REFUSED.includes(code)) client.options.protocolVersion = 4;
    });
  }

  #setOnline(online: boolean): void {
    if (this.#online === online) return;
    this.#online = online;
    this.#log.info({}, online ? 'mqtt.online' : 'mqtt.offline');
    this.#table.setOnline(online);
    this.#sender.setOnline(online);
    for (const listener of [...this.#onlineListeners]) listener(online);
  }

  #send(message: IotPublish): Promise<void> {
    const properties = this.#client.options.protocolVersion === 5 ? toMqtt5(message) : undefined;
    const options: IClientPublishOptions = {
      qos: message.qos,
      retain: message.retain ?? false,
      ...(properties ? { properties } : {}),
    };
    return new Promise((resolve, reject) => {
      this.#client.publish(message.topic, Buffer.from(message.payload), options, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  async #end(): Promise<void> {
    await this.#client.endAsync(true);
    this.#setOnline(false);
    this.#onlineListeners.clear();
  }

  #requireOpen(): void {
    if (this.#closing) throw coreErrors.error('mqtt.closed', 'the MQTT connection has been closed');
  }
}

function openClient(options: BrokerOptions): MqttClient {
  if (!/^mqtts?:\/\/[^/]/.test(options.url)) {
    throw coreErrors.error('mqtt.url', `"${maskCredentials(options.url)}" is not a broker address`);
  }
  return connect(options.url, {
    clientId: options.clientId ?? `edgeml-core-${randomUUID()}`,
    protocolVersion: options.protocolVersion ?? 5,
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: options.reconnectMs ?? 500,
    reconnectOnConnackError: true,
    // The spool and the table of subscriptions do this here.
    queueQoSZero: false,
    resubscribe: false,
  });
}

function refused(filter: string, reason: string, cause?: unknown): Error {
  return coreErrors.error('mqtt.subscribe', `the subscription to "${filter}" failed: ${reason}`, { cause });
}
