import { messageOf } from '#packages/foundation';
import type { Logger } from '#packages/foundation';

import { filterCovers, filterMatches } from './filter-match.ts';
import type { IotMessage, Qos } from './iot-core.ts';

/** The broker's side of subscriptions. `done` is called synchronously when the acknowledgement comes in. */
export interface SubscriptionWire {
  subscribe(filter: string, qos: Qos, done: (error?: Error) => void): void;
  unsubscribe(filter: string): void;
}

export interface TableEntry {
  readonly filter: string;
  readonly qos: Qos;
  readonly listener: (message: IotMessage) => void;
  /** Called once, with the first acknowledgement or refusal. */
  readonly settle: (error?: Error) => void;
}

/**
 * Many subscribers on one connection. Only filters that no other one covers are subscribed at the broker, so that a
 * message comes once for nested filters; all are subscribed again on each new connection. Filters that overlap without
 * nesting may bring a message twice, as MQTT allows.
 */
export class SubscriptionTable {
  readonly #wire: SubscriptionWire;
  readonly #log: Logger;
  readonly #entries = new Map<TableEntry, 'waiting' | 'live'>();
  #subscribed = new Map<string, WireFilter>();
  #online = false;

  constructor(wire: SubscriptionWire, log: Logger) {
    this.#wire = wire;
    this.#log = log;
  }

  add(entry: TableEntry): void {
    this.#entries.set(entry, 'waiting');
    this.#sync();
    const serving = [...this.#subscribed.values()].find((filter) => filter.acknowledged && serves(filter, entry));
    if (serving) this.#goLive(entry);
  }

  remove(entry: TableEntry): void {
    if (this.#entries.delete(entry)) this.#sync();
  }

  /** A new connection knows no subscriptions. */
  setOnline(online: boolean): void {
    this.#online = online;
    this.#subscribed = new Map();
    this.#sync();
  }

  dispatch(message: IotMessage): void {
    for (const [entry, state] of [...this.#entries]) {
      if (state === 'live' && filterMatches(entry.filter, message.topic)) entry.listener(message);
    }
  }

  /** New filters first, so that no message is missed between a wide filter and the narrow ones that replace it. */
  #sync(): void {
    if (!this.#online) return;
    const needed = neededFilters([...this.#entries.keys()]);
    for (const [filter, qos] of needed) {
      const known = this.#subscribed.get(filter);
      if (!known || known.qos < qos) this.#subscribe(filter, qos);
    }
    for (const filter of [...this.#subscribed.keys()]) {
      if (needed.has(filter)) continue;
      this.#subscribed.delete(filter);
      this.#wire.unsubscribe(filter);
    }
  }

  #subscribe(filter: string, qos: Qos): void {
    const asked: WireFilter = { filter, qos, acknowledged: false };
    this.#subscribed.set(filter, asked);
    this.#wire.subscribe(filter, qos, (error) => {
      if (this.#subscribed.get(filter) !== asked) return;
      if (error) this.#refused(asked, error);
      else this.#acknowledged(asked);
    });
  }

  #acknowledged(filter: WireFilter): void {
    filter.acknowledged = true;
    for (const [entry, state] of [...this.#entries]) {
      if (state === 'waiting' && serves(filter, entry)) this.#goLive(entry);
    }
  }

  #refused(filter: WireFilter, error: Error): void {
    this.#subscribed.delete(filter.filter);
    this.#log.warn({ filter: filter.filter, error: messageOf(error) }, 'mqtt.subscribe-refused');
    for (const [entry, state] of [...this.#entries]) {
      if (state !== 'waiting' || !serves(filter, entry)) continue;
      this.#entries.delete(entry);
      entry.settle(error);
    }
  }

  #goLive(entry: TableEntry): void {
    this.#entries.set(entry, 'live');
    entry.settle();
  }
}

interface WireFilter {
  readonly filter: string;
  readonly qos: Qos;
  acknowledged: boolean;
}

function serves(wire: Pick<WireFilter, 'filter' | 'qos'>, entry: Pick<TableEntry, 'filter' | 'qos'>): boolean {
  return wire.qos >= entry.qos && filterCovers(wire.filter, entry.filter);
}

/** Each filter at its highest quality, less those that another one serves. */
function neededFilters(entries: readonly TableEntry[]): Map<string, Qos> {
  const highest = new Map<string, Qos>();
  for (const { filter, qos } of entries) highest.set(filter, qos === 1 ? 1 : (highest.get(filter) ?? 0));
  const all = [...highest].map(([filter, qos]) => ({ filter, qos }));
  const needed = all.filter((one) => !all.some((other) => other.filter !== one.filter && serves(other, one)));
  return new Map(needed.map(({ filter, qos }) => [filter, qos]));
}
