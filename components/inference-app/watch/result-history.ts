import type { RecentResults, ResultMessage } from '#packages/http';

const KEPT = 200;

/** The last results, for those who begin to watch. */
export class ResultHistory {
  readonly #results: ResultMessage[] = [];
  #next = 0;

  add(message: ResultMessage): void {
    this.#results[this.#next++ % KEPT] = message;
  }

  /** @param after the `next` of the answer before; 0 for all that are kept */
  since(after: number): RecentResults {
    // Counted by an application that does not run any more.
    const known = after > this.#next ? 0 : after;
    const first = Math.max(known, this.#next - KEPT, 0);
    const results = Array.from({ length: this.#next - first }, (_, index) => this.#results[(first + index) % KEPT]!);
    return { next: this.#next, results };
  }
}
