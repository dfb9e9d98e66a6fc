/** The cloud's message broker as the nucleus uses it: a spool in front of an MQTT connection that comes and goes. */
export interface IotCore {
  /** Whether the broker can be reached now. */
  readonly online: boolean;
  /**
   * Takes a message into the spool; success means spooled, not delivered. Throws `mqtt.*` if it is refused:
   * bad topic, payload above 128 kB, quality 0 while offline, spool full.
   */
  publish(message: IotPublish): void;
  /** Resolves when the broker has acknowledged; rejects after the operation time-out. */
  subscribe(filter: string, qos: Qos, listener: (message: IotMessage) => void): Promise<IotSubscription>;
  /** Tells the present state at once, then each change. Returns a function that ends it. */
  onOnline(listener: (online: boolean) => void): () => void;
  close(): Promise<void>;
}

export type Qos = 0 | 1;

export interface IotPublish extends IotProperties {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: Qos;
  readonly retain?: boolean;
}

export interface IotMessage extends IotProperties {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retain: boolean;
}

/** MQTT 5 properties; a broker that speaks 3.1.1 only drops them. */
export interface IotProperties {
  readonly userProperties?: readonly { readonly key: string; readonly value: string }[];
  readonly messageExpiryIntervalSeconds?: number;
  readonly correlationData?: Uint8Array;
  readonly responseTopic?: string;
  readonly payloadFormat?: 'BYTES' | 'UTF8';
  readonly contentType?: string;
}

export interface IotSubscription {
  close(): Promise<void>;
}
