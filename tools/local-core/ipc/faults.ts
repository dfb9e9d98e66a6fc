import type { Clock } from '#packages/foundation';

/** Faults that tests inject. Each returns a function that takes it back; `component` limits it to one component. */
export interface IpcFaults {
  /** Streams stay open, their events vanish: what a stuck nucleus looks like from outside. */
  stallSubscriptions(component?: string): () => void;
  /** Answers leave `ms` late, by the server's clock. */
  delayAnswers(ms: number, component?: string): () => void;
  /** New connections are not accepted, whatever their token. */
  refuseConnections(component?: string): () => void;
}

/** The server's checks before it acts. */
export class FaultBoard implements IpcFaults {
  readonly #clock: Clock;
  readonly #stalls = new Set<Scope>();
  readonly #refusals = new Set<Scope>();
  readonly #delays = new Set<Scope & { readonly ms: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  stallSubscriptions(component?: string): () => void {
    return put(this.#stalls, { component });
  }

  delayAnswers(ms: number, component?: string): () => void {
    return put(this.#delays, { component, ms });
  }

  refuseConnections(component?: string): () => void {
    return put(this.#refusals, { component });
  }

  stalled(component: string): boolean {
    return [...this.#stalls].some((scope) => covers(scope, component));
  }

  refused(component: string): boolean {
    return [...this.#refusals].some((scope) => covers(scope, component));
  }

  /** Runs `answer` now, or late where answers to this component are delayed. */
  whenDue(component: string, answer: () => void): void {
    const ms = Math.max(0, ...[...this.#delays].filter((scope) => covers(scope, component)).map((scope) => scope.ms));
    if (ms > 0) this.#clock.after(ms, answer);
    else answer();
  }
}

interface Scope {
  readonly component: string | undefined;
}

const covers = (scope: Scope, component: string): boolean =>
  scope.component === undefined || scope.component === component;

function put<Entry>(entries: Set<Entry>, entry: Entry): () => void {
  entries.add(entry);
  return () => void entries.delete(entry);
}
