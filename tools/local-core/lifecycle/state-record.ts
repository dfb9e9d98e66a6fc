import { ErrorCount } from './error-count.ts';
import { mayReport } from './state.ts';
import type { LifecycleState } from './state.ts';

/** A change of state and, for errors, why. */
export interface Transition {
  readonly to: LifecycleState;
  readonly reason?: string;
}

/** The state of one component, what was reported about it, and its errors. */
export class StateRecord {
  readonly #errors: ErrorCount;
  #state: LifecycleState = 'NEW';
  #reported: Transition | undefined;
  #lastError: string | undefined;
  #changes = 0;
  #timesErrored = 0;
  #timesBroken = 0;
  #timesStarted = 0;

  constructor(options: { readonly lite?: boolean } = {}) {
    this.#errors = new ErrorCount(options);
  }

  get state(): LifecycleState {
    return this.#state;
  }

  /** Reported for the present state and not yet entered. */
  get reported(): Transition | undefined {
    return this.#reported;
  }

  /** The last error, until the component is RUNNING or FINISHED again. */
  get lastError(): string | undefined {
    return this.#lastError;
  }

  /** How often the state changed; tells whether it stood still between two looks. */
  get changes(): number {
    return this.#changes;
  }

  get timesErrored(): number {
    return this.#timesErrored;
  }

  get timesBroken(): number {
    return this.#timesBroken;
  }

  /** How often it became RUNNING or FINISHED. */
  get timesStarted(): number {
    return this.#timesStarted;
  }

  /** False where the present state does not allow it. */
  report(transition: Transition): boolean {
    if (!mayReport(this.#reported?.to ?? this.#state, transition.to)) return false;
    this.#reported = transition;
    return true;
  }

  /** Enters a state; an error that is one too many becomes BROKEN. Returns the state that was left. */
  enter({ to, reason }: Transition, nowMs: number, errorResetSeconds: number): LifecycleState {
    const from = this.#state;
    if (to === 'ERRORED' || to === 'BROKEN') {
      this.#lastError = reason ?? 'the component reported ERRORED';
      const tooMany = this.#errors.add(from, nowMs, errorResetSeconds);
      this.#state = tooMany ? 'BROKEN' : to;
    } else {
      this.#errors.leftWell(from);
      if (to === 'RUNNING' || to === 'FINISHED') this.#lastError = undefined;
      this.#state = to;
    }
    this.#reported = undefined;
    this.#changes++;
    if (this.#state === 'ERRORED') this.#timesErrored++;
    if (this.#state === 'BROKEN') this.#timesBroken++;
    if (this.#state === 'RUNNING' || this.#state === 'FINISHED') this.#timesStarted++;
    return from;
  }

  /** A new installation begins without a past. */
  forgetErrors(): void {
    this.#errors.clear();
  }
}
