import { fullJitter } from '#packages/foundation';
import type { BackoffOptions, Clock, Logger } from '#packages/foundation';

import type { Subscription } from '../session.ts';
import type { NucleusConnection, NucleusStream, StreamOperation } from '../transport/nucleus-transport.ts';
import type { Caller } from './caller.ts';
import type { ConnectionKeeper } from './connection-keeper.ts';

export interface SubscriptionRequest {
  readonly operation: StreamOperation;
  readonly request: object;
  readonly resource?: string;
  readonly onEvent: (event: unknown) => void;
}

export interface BookOptions {
  readonly keeper: ConnectionKeeper;
  readonly caller: Caller;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly component: string;
}

interface Entry extends SubscriptionRequest {
  stream: NucleusStream | undefined;
  /** Tells the present stream from late events and late successes of earlier ones. */
  attempt: number;
  closed: boolean;
  failures: number;
  cancelRetry: () => void;
}

const RETRY: BackoffOptions = { baseMs: 1_000, capMs: 60_000 };

/** All subscriptions of a session: made again on every new connection, and when the nucleus ends a single stream. */
export class SubscriptionBook {
  readonly #options: BookOptions;
  readonly #entries = new Set<Entry>();

  constructor(options: BookOptions) {
    this.#options = options;
    options.keeper.beforeUse((connection) => this.#restore(connection));
  }

  /** Rejects when the nucleus refuses this first time; later refusals are logged and tried again. */
  async subscribe(request: SubscriptionRequest): Promise<Subscription> {
    const entry: Entry = {
      ...request,
      stream: undefined,
      attempt: 0,
      closed: false,
      failures: 0,
      cancelRetry: () => undefined,
    };
    await this.#options.caller.withConnection(this.#asked(entry), (connection) => this.#open(entry, connection));
    this.#entries.add(entry);
    return { close: () => this.#close(entry) };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries].map((entry) => this.#close(entry)));
  }

  async #open(entry: Entry, connection: NucleusConnection): Promise<void> {
    const { log } = this.#options;
    const attempt = ++entry.attempt;
    const isPresent = (): boolean => !entry.closed && entry.attempt === attempt;
    const stream = await connection.stream(entry.operation, entry.request, {
      onEvent: (event) => {
        if (!isPresent()) return;
        try {
          entry.onEvent(event);
        } catch (thrown) {
          log.error({ error: thrown, operation: entry.operation, resource: entry.resource }, 'ipc.handler-failed');
        }
      },
      onEnded: () => {
        if (isPresent() && this.#options.keeper.isCurrent(connection)) this.#retryLater(entry, 'ended by the nucleus');
      },
    });
    if (isPresent()) entry.stream = stream;
    else await stream.close();
  }

  async #restore(connection: NucleusConnection): Promise<void> {
    await Promise.all([...this.#entries].map((entry) => this.#reopen(entry, connection)));
  }

  async #reopen(entry: Entry, connection: NucleusConnection): Promise<void> {
    entry.cancelRetry();
    entry.stream = undefined;
    try {
      await this.#options.caller.bounded(this.#asked(entry), () => this.#open(entry, connection));
      entry.failures = 0;
    } catch (thrown) {
      this.#options.log.warn(
        { error: thrown, operation: entry.operation, resource: entry.resource },
        'ipc.resubscribe-failed',
      );
      this.#retryLater(entry, 'refused');
    }
  }

  #retryLater(entry: Entry, reason: string): void {
    const { clock, random, log, keeper, caller } = this.#options;
    if (entry.closed) return;
    const waitMs = fullJitter(RETRY, entry.failures++, random);
    log.debug({ operation: entry.operation, resource: entry.resource, reason, waitMs }, 'ipc.resubscribe-later');
    entry.cancelRetry();
    entry.cancelRetry = clock.after(waitMs, () => {
      if (entry.closed || keeper.state !== 'connected') return;
      void caller
        .withConnection(this.#asked(entry), (connection) => this.#reopen(entry, connection))
        .catch((thrown: unknown) => log.debug({ error: thrown }, 'ipc.resubscribe-failed'));
    });
  }

  async #close(entry: Entry): Promise<void> {
    entry.closed = true;
    entry.cancelRetry();
    this.#entries.delete(entry);
    await entry.stream?.close();
  }

  #asked({ operation, resource }: Entry) {
    return { component: this.#options.component, operation, ...(resource === undefined ? {} : { resource }) };
  }
}
