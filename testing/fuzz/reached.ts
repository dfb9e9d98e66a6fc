import type { FunctionCoverage } from './coverage.ts';

/** All that any input has reached until now: every character of the code that ran, and how often in powers of two. */
export class Reached {
  /** By function. V8 tells a part from what is around it only if their counts differ, so that parts have no names of their own. */
  readonly #most = new Map<string, Uint8Array>();

  /** Characters of code. */
  get size(): number {
    return [...this.#most.values()].reduce((sum, most) => sum + most.filter((size) => size > 0).length, 0);
  }

  /** Whether code ran that never ran before. */
  isBehind(coverage: readonly FunctionCoverage[]): boolean {
    return coverage.some((one) => {
      const most = this.#most.get(one.id);
      return sizesOf(one).some((size, at) => size > 0 && (most?.[at] ?? 0) === 0);
    });
  }

  /** Adds what ran. @returns whether any of it never ran before, or not as often */
  add(coverage: readonly FunctionCoverage[]): boolean {
    let isNew = false;
    for (const one of coverage) {
      const most = this.#most.get(one.id) ?? new Uint8Array(one.end - one.start);
      this.#most.set(one.id, most);
      sizesOf(one).forEach((size, at) => {
        if (size <= most[at]!) return;
        most[at] = size;
        isNew = true;
      });
    }
    return isNew;
  }
}

/** For each character of a function: 0 if it did not run, 1 once, 2 up to 3 times, 3 up to 7 times, … */
function sizesOf({ start, end, ranges }: FunctionCoverage): Uint8Array {
  const sizes = new Uint8Array(end - start);
  for (const { startOffset, endOffset, count } of ranges) {
    sizes.fill(Math.ceil(Math.log2(count + 1)), startOffset - start, endOffset - start);
  }
  return sizes;
}
