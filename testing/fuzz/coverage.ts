import { Session } from 'node:inspector';
import { pathToFileURL } from 'node:url';
import { PROJECT } from '../../tools/bundle/project.ts';

/** A function of the project that ran: how often each part of it did. */
export interface FunctionCoverage {
  readonly id: string;
  /** Offset of its first character in the script, and of the one behind its last. */
  readonly start: number;
  readonly end: number;
  /** Inner ones come behind those that they lie in, and hold for their part. */
  readonly ranges: readonly CountedRange[];
}

interface CountedRange {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

/** Counts which code of the project runs, by V8 itself: the precise block coverage of its inspector. */
export class Coverage {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** The functions that ran since the last call. It takes some milliseconds, whatever ran. */
  take(): readonly FunctionCoverage[] {
    const { result } = this.#post('Profiler.takePreciseCoverage') as { readonly result: readonly ScriptCoverage[] };
    return result
      .filter(({ url }) => isOurs(url))
      .flatMap(({ url, functions }) =>
        functions.map(({ ranges }) => {
          const [{ startOffset: start, endOffset: end }] = ranges;
          return { id: `${url}:${start}-${end}`, start, end, ranges };
        }),
      );
  }

  close(): void {
    this.#session.disconnect();
  }

  /** The answer comes before `post` returns: the session is with this very thread. */
  #post(method: string, parameters?: object): unknown {
    let answer: unknown;
    this.#session.post(method, parameters, (error, result) => {
      if (error) throw error;
      answer = result;
    });
    return answer;
  }
}

interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly { readonly ranges: readonly [CountedRange, ...CountedRange[]] }[];
}

/** Vitest names modules by their paths, Node.js by their URLs. */
const ROOTS = [pathToFileURL(`${PROJECT}/`).href, `${PROJECT}/`];

function isOurs(url: string): boolean {
  return (
    ROOTS.some((root) => url.startsWith(root)) &&
    !/\/node_modules\/|\/testing\/(?!fuzz\/planted)|\.(fuzz|test)\.ts/.test(url)
  );
}
