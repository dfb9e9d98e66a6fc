import { fullJitter } from '#packages/foundation';
import type { BackoffOptions, Clock, Logger } from '#packages/foundation';

import type { Subscription } from '../session.ts';
import type { NucleusConnection, NucleusStream, StreamOperation } from '../transport/nucleus-transport.ts';
import type { Caller } from './caller.ts';
import type { ConnectionKeeper } from './connection-keeper.ts';
import { TwinFilter } from './twin-filter.ts';

export interface SubscriptionRequest {
  readonly operation: StreamOperation;
  readonly request: object;
  readonly resource?: string;
  /** Whether the stream is made again when it has been silent for long. Default false. */
  readonly renewed?: boolean;
  readonly onEvent: (event: unknown) => void;
}

export interface BookOptions {
  readonly keeper: ConnectionKeeper;
  readonly caller: Caller;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly component: string;
  /** Silence after which a stream is replaced. */
  readonly renewMs: number;
}

interface Entry extends SubscriptionRequest {
  stream: NucleusStream | undefined;
  /** Streams whose events count, being asked for or open: one, two while a new one takes over. Late ones of earlier attempts are not here. */
  live: Set<symbol>;
  twins: TwinFilter | undefined;
  /** `clock.monotonic()` of the last event, or of the opening. */
  heardAt: number;
  cancelRenewal: () => void;
  closed: boolean;
  failures: number;
  cancelRetry: () => void;
}

/** A nucleus logs each refusal, so the last steps are long. */
const RETRY: BackoffOptions = { baseMs: 1_000, capMs: 600_000 };
/** How long the old stream is heard beside the new one. */
const OVERLAP_MS = 1_000;

/**
 * All subscriptions of a session: made again on every new connection, when the nucleus ends a single stream, and when a stream has been
 * silent for long. It may be deaf then without a sign: nucleus lite ends the inner part of a subscription at the first message
 * that it cannot decode, and leaves the stream open.
 */
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
      live: new Set(),
      twins: undefined,
      heardAt: 0,
      cancelRenewal: () => undefined,
      closed: false,
      failures: 0,
      cancelRetry: () => undefined,
    };
    await this.#options.caller.withConnection(this.#asked(entry), (connection) => this.#open(entry, connection));
    this.#entries.add(entry);
    if (entry.renewed) this.#renewWhenSilent(entry);
    return { close: () => this.#close(entry) };
  }

  async close(): Promise<void> {
    await Promise.all([...this.#entries].map((entry) => this.#close(entry)));
  }

  /** The only stream of the entry from now on. */
  async #open(entry: Entry, connection: NucleusConnection): Promise<void> {
    const token = Symbol();
    entry.live = new Set([token]);
    entry.twins = undefined;
    const stream = await this.#stream(entry, connection, token);
    if (stream) entry.stream = stream;
  }

  /** Undefined if the entry is closed, or opened again, meanwhile. */
  async #stream(entry: Entry, connection: NucleusConnection, token: symbol): Promise<NucleusStream | undefined> {
    const { log, clock, keeper } = this.#options;
    const isLive = (): boolean => !entry.closed && entry.live.has(token);
    const stream = await connection.stream(entry.operation, entry.request, {
      onEvent: (event) => {
        if (!isLive()) return;
        entry.heardAt = clock.monotonic();
        if (entry.twins?.isFirst(token, event) === false) return;
        try {
          entry.onEvent(event);
        } catch (thrown) {
          log.error({ error: thrown, operation: entry.operation, resource: entry.resource }, 'ipc.handler-failed');
        }
      },
      onEnded: () => {
        if (!isLive()) return;
        entry.live.delete(token);
        if (entry.live.size === 0 && keeper.isCurrent(connection)) this.#retryLater(entry, 'ended by the nucleus');
      },
    });
    entry.heardAt = clock.monotonic();
    if (isLive()) return stream;
    await stream.close();
    return undefined;
  }

  #renewWhenSilent(entry: Entry): void {
    const { clock, log, renewMs } = this.#options;
    if (entry.closed) return;
    const waitMs = Math.max(0, entry.heardAt + renewMs - clock.monotonic());
    if (waitMs > 0) {
      entry.cancelRenewal = clock.after(waitMs, () => this.#renewWhenSilent(entry));
      return;
    }
    this.#renew(entry)
      .catch((thrown: unknown) => log.debug({ error: thrown, resource: entry.resource }, 'ipc.renewal-failed'))
      .finally(() => {
        entry.heardAt = clock.monotonic();
        this.#renewWhenSilent(entry);
      });
  }

  /** Opens a second stream and closes the first when that one delivers: a topic that happens to speak just then is not missed. */
  async #renew(entry: Entry): Promise<void> {
    const { caller, clock, keeper } = this.#options;
    const old = entry.stream;
    // Without a stream, or without a connection, it is made again anyway.
    if (!old || entry.live.size !== 1 || keeper.state !== 'connected') return;
    const token = Symbol();
    const live = entry.live;
    live.add(token);
    entry.twins = new TwinFilter();
    try {
      const stream = await caller.withConnection(this.#asked(entry), (connection) =>
        this.#stream(entry, connection, token),
      );
      if (!stream) return;
      entry.stream = stream;
    } catch (thrown) {
      live.delete(token);
      throw thrown;
    }
    await new Promise<void>((resolve) => {
      const cancel = clock.after(OVERLAP_MS, resolve);
      entry.cancelRenewal = () => {
        cancel();
        resolve();
      };
    });
    if (entry.live === live) {
      entry.live = new Set([token]);
      entry.twins = undefined;
    }
    await old.close();
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
    entry.cancelRenewal();
    this.#entries.delete(entry);
    await entry.stream?.close();
  }

  #asked({ operation, resource }: Entry) {
    return { component: this.#options.component, operation, ...(resource === undefined ? {} : { resource }) };
  }
}
