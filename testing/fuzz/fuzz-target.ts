import { isEdgeError } from '#packages/foundation';

/** A parser, as the fuzzer sees it: the default export of `<name>.fuzz.ts` beside it, which is the target's name on the command line, too. */
export interface FuzzTarget {
  /** One line: which bytes, and whose. */
  readonly about: string;
  /** Well-formed inputs to begin with, small ones. */
  seeds(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Words that the format knows, which chance would take long to write. */
  readonly dictionary?: readonly string[];
  /**
   * Parses the bytes and checks what must hold of the result. Returns for input that is refused as it should be; whatever it throws is a
   * finding, and so are a crash, a hang, and an input that takes over a second of processor time or 200 MB.
   */
  run(bytes: Uint8Array): void | Promise<void>;
  /** Removes what `run` shares between inputs. */
  close?(): void | Promise<void>;
}

/** The result of a parser, or undefined if it refused its input by an error of ours that names its code. Other errors are thrown on. */
export function unlessRefused<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (isEdgeError(error)) return undefined;
    throw error;
  }
}

/** The same for a parser that takes its time. */
export async function unlessRejected<T>(parse: () => Promise<T>): Promise<T | undefined> {
  try {
    return await parse();
  } catch (error) {
    if (isEdgeError(error)) return undefined;
    throw error;
  }
}
