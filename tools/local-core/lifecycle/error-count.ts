import { errorsCount } from './state.ts';
import type { LifecycleState } from './state.ts';

/** Errors in a row, in one state, that make a component BROKEN. */
const ERRORS_TO_BROKEN = 3;
/** StartLimitIntervalSec of the units of nucleus lite; `errorResetTime` of a recipe does not change it. */
const LITE_WINDOW_MS = 3_600_000;

/**
 * Counts errors per state: three in a row, each less than the reset time after the one before, make BROKEN.
 * Leaving a state without an error clears that state's count. There is no back-off.
 * On nucleus lite systemd counts starts: three in an hour, in whatever state each ended and whether one of them got further, and
 * the unit has failed for good.
 */
export class ErrorCount {
  readonly #lite: boolean;
  readonly #times = new Map<LifecycleState, number[]>();

  constructor(options: { readonly lite?: boolean } = {}) {
    this.#lite = options.lite ?? false;
  }

  /** Counts one error; true when it was one too many. */
  add(state: LifecycleState, nowMs: number, resetSeconds: number): boolean {
    if (!errorsCount(state)) return false;
    if (this.#lite) return this.#addStart(nowMs);
    const before = this.#times.get(state) ?? [];
    const last = before.at(-1);
    const times = last !== undefined && nowMs - last >= resetSeconds * 1000 ? [nowMs] : [...before, nowMs];
    this.#times.set(state, times);
    return times.length >= ERRORS_TO_BROKEN;
  }

  leftWell(state: LifecycleState): void {
    if (!this.#lite) this.#times.delete(state);
  }

  clear(): void {
    this.#times.clear();
  }

  #addStart(nowMs: number): boolean {
    const recent = (this.#times.get('STARTING') ?? []).filter((time) => nowMs - time < LITE_WINDOW_MS);
    this.#times.set('STARTING', [...recent, nowMs]);
    return recent.length + 1 >= ERRORS_TO_BROKEN;
  }
}
