import { isDeepStrictEqual } from 'node:util';
import type { Clock, Logger } from '#packages/foundation';
import type { Subscription } from '../session.ts';
import type { SubscriptionBook } from './subscription-book.ts';

export interface ConfigurationWatchOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly book: SubscriptionBook;
  /** Reads the whole configuration of this component. */
  readonly read: () => Promise<unknown>;
  /** Default 5 min: update events have been seen to stop until a restart. */
  readonly refreshMs: number;
}

type Handler = (configuration: unknown) => void;

/** Update events carry a path only, and may be lost: whatever happens, the whole is read again, and told when it differs from what was last handed out. */
export class ConfigurationWatch {
  readonly #options: ConfigurationWatchOptions;
  readonly #handlers = new Set<Handler>();
  #subscription: Promise<Subscription> | undefined;
  #handedOut: unknown;
  #reading = false;
  #readAgain = false;
  #stopped = false;
  #cancel: () => void = () => undefined;

  constructor(options: ConfigurationWatchOptions) {
    this.#options = options;
  }

  /** Remembers what a caller has read, so that a change between its reading and its subscribing is told. */
  handedOut(configuration: unknown): void {
    this.#handedOut = configuration;
  }

  async add(handler: Handler): Promise<Subscription> {
    this.#handlers.add(handler);
    try {
      await (this.#subscription ??= this.#subscribe());
    } catch (thrown) {
      this.#handlers.delete(handler);
      this.#subscription = undefined;
      throw thrown;
    }
    if (this.#handedOut !== undefined) this.refresh();
    else if (!this.#reading) await this.#alone(async () => this.handedOut(await this.#options.read()));
    return {
      close: async () => {
        this.#handlers.delete(handler);
      },
    };
  }

  /** Reads again soon; calls during a reading cause one more reading after it. */
  refresh(): void {
    if (this.#stopped || this.#handlers.size === 0) return;
    if (this.#reading) this.#readAgain = true;
    // Before the first reading there is nothing that could have changed.
    else if (this.#handedOut !== undefined) void this.#alone(() => this.#readAndTell());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  async #subscribe(): Promise<Subscription> {
    const subscription = await this.#options.book.subscribe({
      operation: 'SubscribeToConfigurationUpdate',
      request: { keyPath: [] },
      onEvent: () => this.refresh(),
    });
    this.#refreshPeriodically();
    return subscription;
  }

  #refreshPeriodically(): void {
    if (this.#stopped) return;
    this.#cancel = this.#options.clock.after(this.#options.refreshMs, () => {
      this.refresh();
      this.#refreshPeriodically();
    });
  }

  async #alone(read: () => Promise<void>): Promise<void> {
    this.#reading = true;
    try {
      await read();
    } finally {
      this.#reading = false;
      if (this.#readAgain) {
        this.#readAgain = false;
        this.refresh();
      }
    }
  }

  async #readAndTell(): Promise<void> {
    const { log, read } = this.#options;
    try {
      const configuration = await read();
      if (this.#stopped || isDeepStrictEqual(configuration, this.#handedOut)) return;
      this.#handedOut = configuration;
      for (const handler of [...this.#handlers]) handler(configuration);
    } catch (thrown) {
      log.warn({ error: thrown }, 'ipc.configuration-refresh-failed');
    }
  }
}
