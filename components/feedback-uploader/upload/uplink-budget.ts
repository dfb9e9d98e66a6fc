import type { Clock } from '#packages/foundation';

import { PERIODS } from '../usage/usage-history.ts';
import type { UsageHistory } from '../usage/usage-history.ts';

/** Bytes that may be sent; `Infinity` for no limit. */
export interface UplinkLimits {
  readonly bytesPerHour: number;
  readonly bytesPerDay: number;
}

export const NO_LIMITS: UplinkLimits = { bytesPerHour: Infinity, bytesPerDay: Infinity };

/** Share of a limit that may go at once after a silence; the rest is spread evenly over the period. */
const BURST = 1 / 12;

/**
 * When the next bytes may go: never more than the limit in any hour and any 24 hours, and evenly within them, so that a
 * device that comes back after days neither floods its link nor has nothing left for what is important an hour later.
 */
export class UplinkBudget {
  readonly #clock: Clock;
  readonly #history: UsageHistory;
  readonly #paces: Record<'hour' | 'day', number> = { hour: -Infinity, day: -Infinity };
  #limits: UplinkLimits = NO_LIMITS;

  /** @param history bytes that were sent; whoever sends, adds to it */
  constructor(clock: Clock, history: UsageHistory) {
    this.#clock = clock;
    this.#history = history;
  }

  setLimits(limits: UplinkLimits): void {
    this.#limits = limits;
    this.#paces.hour = this.#paces.day = -Infinity;
  }

  /** Whether that many bytes can ever go in one piece. */
  canEverSend(bytes: number): boolean {
    return bytes <= Math.min(this.#limits.bytesPerHour, this.#limits.bytesPerDay);
  }

  /** Milliseconds to wait until that many bytes may go; 0 for now. */
  msUntil(bytes: number): number {
    return Math.max(this.#msUntil('hour', bytes), this.#msUntil('day', bytes));
  }

  /** To be called when bytes go: the next ones wait for their share of the period. */
  paceAfter(bytes: number): void {
    for (const period of ['hour', 'day'] as const) {
      const earliest = this.#clock.monotonic() - BURST * PERIODS[period];
      this.#paces[period] = Math.max(this.#paces[period], earliest) + this.#share(period, bytes);
    }
  }

  /** Bytes that were paced for did not go. */
  refund(bytes: number): void {
    for (const period of ['hour', 'day'] as const) this.#paces[period] -= this.#share(period, bytes);
  }

  #msUntil(period: 'hour' | 'day', bytes: number): number {
    const limit = this.#limit(period);
    if (limit === Infinity) return 0;
    const untilPaced = this.#paces[period] - this.#clock.monotonic();
    return Math.ceil(Math.max(0, untilPaced, this.#history[period].msUntil(limit - bytes)));
  }

  #share(period: 'hour' | 'day', bytes: number): number {
    return (bytes / this.#limit(period)) * PERIODS[period];
  }

  #limit(period: 'hour' | 'day'): number {
    return period === 'hour' ? this.#limits.bytesPerHour : this.#limits.bytesPerDay;
  }
}
