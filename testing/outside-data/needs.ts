import process from 'node:process';
import type { TestOptions } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** The reason why a test is left out, and the remedy. */
    leftOut?: string;
  }
}

/** Something from outside the repository that some tests need. README.md lists all of it. */
export interface OutsideData {
  readonly what: string;
  /** The way to get it. */
  readonly how: string;
  /** Undefined if it is there, else why not. */
  readonly whyNot: () => string | undefined | Promise<string | undefined>;
  /** Whether `.ci/run` brings it, so that it must be there with CI set. */
  readonly isInCi: boolean;
}

/**
 * Options of a test or suite that needs something from outside the repository: it is left out if that is missing, and the end of
 * the run says so.
 * @throws Error if it is missing with CI set although `.ci/run` brings it
 */
export async function needs(...data: readonly OutsideData[]): Promise<TestOptions> {
  const missing: string[] = [];
  for (const { what, how, whyNot, isInCi } of data) {
    const why = await whyNot();
    if (why === undefined) continue;
    const text = `${what}: ${why} (${how})`;
    if (isInCi && process.env['CI']) throw new Error(`with CI set no test is left out, but this one needs ${text}`);
    missing.push(text);
  }
  return missing.length === 0 ? {} : { skip: true, meta: { leftOut: missing.join(' and ') } };
}
