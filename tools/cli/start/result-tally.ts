import type { ResultMessage } from '#packages/http';

/** The results that a start still waits for. */
export interface ResultTally {
  /** True when the result is one that was waited for. */
  take(result: ResultMessage): boolean;
  readonly complete: boolean;
  /** How many were waited for at first. */
  readonly total: number;
  /** Those that came and say why there is no answer. */
  readonly errors: number;
  readonly missing: readonly string[];
}

/** Waits for the first result of each source. */
export class SourceTally implements ResultTally {
  readonly #open: Set<string>;
  readonly total: number;
  #errors = 0;

  constructor(sources: readonly string[]) {
    this.#open = new Set(sources);
    this.total = sources.length;
  }

  take({ source, error }: ResultMessage): boolean {
    const isNew = this.#open.delete(source);
    if (isNew && error) this.#errors++;
    return isNew;
  }

  get complete(): boolean {
    return this.#open.size === 0;
  }

  get errors(): number {
    return this.#errors;
  }

  get missing(): readonly string[] {
    return [...this.#open];
  }
}
