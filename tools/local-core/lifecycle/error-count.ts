import { errorsCount } from './state.ts';
import type { LifecycleState } from './state.ts';

/** Errors in a row, in one state, that make a component BROKEN. */
const ERRORS_TO_BROKEN = 3;

/**
 * Counts errors per state: three in a row, each less than the reset time after the one before, make BROKEN.
 * Leaving a state without an error clears that state's count. There is no back-off.
 */
export class ErrorCount {
  readonly #times = new Map<LifecycleState, number[]>();

  /** Counts one error; true when it was one too many. */
  add(state: LifecycleState, nowMs: number, resetSeconds: number): boolean {
    if (!errorsCount(state)) return false;
    const before = this.#times.get(state) ?? [];
    const last = before.at(-1);
    const times = last !== undefined && nowMs - last >= resetSeconds * 1000 ? [nowMs] : [...before, nowMs];
    this.#times.set(state, times);
    return times.length >= ERRORS_TO_BROKEN;
  }

  leftWell(state: LifecycleState): void {
    this.#times.delete(state);
  }

  clear(): void {
    this.#times.clear();
  }
}
