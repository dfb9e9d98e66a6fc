import type { Logger } from './logger.ts';

/** Says that something is wrong once, and that it is right again once, however often it is met in between. */
export class Incidents {
  readonly #log: Logger;
  readonly #open = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  opened(subject: string, event: string, facts: object): void {
    const key = `${subject} ${event}`;
    if (this.#open.has(key)) return;
    this.#open.add(key);
    this.#log.warn({ ...facts, subject }, event);
  }

  resolved(subject: string, event: string): void {
    const solved = [...this.#open].filter((key) => key.startsWith(`${subject} `));
    if (solved.length === 0) return;
    for (const key of solved) this.#open.delete(key);
    this.#log.info({ subject }, event);
  }
}
