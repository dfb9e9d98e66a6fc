import { agentErrors } from '../../errors.ts';

/** Predict calls that are being answered, by alias: UnLoadModel waits for them. */
export class OpenPredicts {
  readonly #open = new Map<string, number>();
  readonly #closing = new Map<string, () => void>();

  /** @throws EdgeError `edge-manager.not-loaded` while the model is being unloaded */
  async run<Answer>(alias: string, work: () => Promise<Answer>): Promise<Answer> {
    if (this.isClosed(alias)) {
      throw agentErrors.error('edge-manager.not-loaded', `the model "${alias}" is being unloaded`, {
        facts: { alias },
      });
    }
    this.#open.set(alias, (this.#open.get(alias) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const rest = (this.#open.get(alias) ?? 1) - 1;
      if (rest > 0) this.#open.set(alias, rest);
      else this.#end(alias);
    }
  }

  /** Whether no Predict is let in any more. */
  isClosed(alias: string): boolean {
    return this.#closing.has(alias);
  }

  /** Lets none in from now on, waits until those that are in have their answers, and does the work before it opens again. */
  async closed<Result>(alias: string, work: () => Promise<Result>): Promise<Result> {
    const ended = new Promise<void>((resolve) => this.#closing.set(alias, resolve));
    try {
      if (this.#open.has(alias)) await ended;
      return await work();
    } finally {
      this.#closing.delete(alias);
    }
  }

  #end(alias: string): void {
    this.#open.delete(alias);
    this.#closing.get(alias)?.();
  }
}
