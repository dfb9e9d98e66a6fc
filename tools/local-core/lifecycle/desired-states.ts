import type { LifecycleState } from './state.ts';

/** The path of states that a component should take next, e.g. `NEW, RUNNING` for a new installation. */
export class DesiredStates {
  #path: readonly LifecycleState[] = [];

  get path(): readonly LifecycleState[] {
    return this.#path;
  }

  /** The next state once `current` is reached: leading entries equal to it are done and dropped. */
  next(current: LifecycleState): LifecycleState | undefined {
    while (this.#path[0] !== undefined && this.#path[0] === current) this.#path = this.#path.slice(1);
    return this.#path[0];
  }

  /** Drops the first entry if it is `state`, and returns what was first. */
  take(state: LifecycleState): LifecycleState | undefined {
    const first = this.#path[0];
    if (first === state) this.#path = this.#path.slice(1);
    return first;
  }

  reached(current: LifecycleState): boolean {
    return this.#path.every((state) => state === current);
  }

  start(): void {
    const last = this.#path.at(-1);
    if (last === undefined || (this.#path.length === 1 && last === 'FINISHED')) this.#path = ['RUNNING'];
    else if (last === 'FINISHED') this.#path = [...this.#path.slice(0, -1), 'RUNNING'];
    else if (last !== 'RUNNING') this.#path = [...this.#path, 'RUNNING'];
  }

  reinstall(): void {
    this.#path = ['NEW', 'RUNNING'];
  }

  restart(): void {
    this.#path = [...this.#upToReinstall(), ...(this.#path.includes('NEW') ? [] : ['INSTALLED' as const]), 'RUNNING'];
  }

  stop(): void {
    this.#path = [...this.#upToReinstall(), 'FINISHED'];
  }

  uninstall(from: LifecycleState): void {
    this.#path = from === 'BROKEN' ? ['UNINSTALLED'] : ['FINISHED', 'UNINSTALLED'];
  }

  /** A restart or a stop does not overrule a reinstallation that is still to come. */
  #upToReinstall(): readonly LifecycleState[] {
    return this.#path.slice(0, this.#path.indexOf('NEW') + 1);
  }
}
