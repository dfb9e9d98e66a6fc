import type { Clock } from '#packages/foundation';

import { SlidingWindow } from './sliding-window.ts';

export const PERIODS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 } as const;
export type Period = keyof typeof PERIODS;

/** `[age in ms, amount]` per period: what of a history outlives the process. */
export type SavedUsage = Readonly<Record<Period, readonly (readonly [ageMs: number, amount: number])[]>>;

/** Use of one thing (bytes sent, samples kept) over the last minute, hour and day. */
export class UsageHistory {
  readonly minute: SlidingWindow;
  readonly hour: SlidingWindow;
  readonly day: SlidingWindow;

  constructor(clock: Clock) {
    this.minute = new SlidingWindow(PERIODS.minute, clock);
    this.hour = new SlidingWindow(PERIODS.hour, clock);
    this.day = new SlidingWindow(PERIODS.day, clock);
  }

  add(amount: number, ageMs = 0): void {
    for (const window of this.#windows()) window.add(amount, ageMs);
  }

  save(): SavedUsage {
    return { minute: this.minute.entries(), hour: this.hour.entries(), day: this.day.entries() };
  }

  /** @param elapsedMs time since it was saved; a wall clock that went back gives 0, which forgets nothing too early */
  restore(saved: SavedUsage, elapsedMs: number): void {
    for (const period of ['minute', 'hour', 'day'] as const)
      for (const [ageMs, amount] of saved[period]) this[period].add(amount, ageMs + Math.max(0, elapsedMs));
  }

  #windows(): readonly SlidingWindow[] {
    return [this.minute, this.hour, this.day];
  }
}
