import { EdgeError, isEdgeError } from './edge-error.ts';
import type { EdgeErrorOptions, Remedy } from './edge-error.ts';

/** The meaning of one code. `Facts` is `unknown` for codes that carry none. */
export interface ErrorEntry<Facts = unknown> extends Remedy {
  /** Never set: tells the compiler what the facts are. As a parameter, so that either of two codes needs the facts of both. */
  readonly takes?: (facts: Facts) => void;
}

/** An entry whose errors carry facts, for programs that read the error. */
export function entry<Facts extends object>(remedy: Remedy): ErrorEntry<Facts> {
  return remedy;
}

/**
 * The errors of one package, component or tool: a table of codes in alphabetical order, and typed errors from it.
 * Each keeps its table in its own `errors.ts`; docs/errors.md is generated from all of them.
 *
 * @example
 * export const shopErrors = errorCatalog({
 *   'shop.closed': { status: 503, todo: 'Come back in the morning.' },
 *   'shop.sold-out': entry<{ readonly item: string; readonly left: number }>({ status: 409, todo: 'Order fewer.' }),
 * });
 *
 * throw shopErrors.error('shop.closed', 'the shop is closed', { cause });
 * throw shopErrors.error('shop.sold-out', `only ${left} ${item} are left`, { facts: { item, left } });
 *
 * if (shopErrors.is(thrown, 'shop.sold-out')) order(thrown.facts.left);
 */
export function errorCatalog<Entries extends Readonly<Record<string, ErrorEntry<never>>>>(entries: Entries) {
  return {
    entries,
    /** A new error; `facts` are as the code's entry declares them. */
    error<Code extends CodeOf<Entries>>(
      code: Code,
      message: string,
      ...[options]: ErrorOptions<FactsOf<Entries[Code]>>
    ): EdgeError {
      return new EdgeError(code, entries[code] as Remedy, message, options as EdgeErrorOptions | undefined);
    },
    /** Whether an error of this process has the code. Facts of errors that were received are not checked. */
    is<Code extends CodeOf<Entries>>(
      thrown: unknown,
      code: Code,
    ): thrown is EdgeError & { readonly code: Code; readonly facts: FactsOf<Entries[Code]> } {
      return isEdgeError(thrown) && thrown.code === code;
    },
  } as const;
}

type CodeOf<Entries> = keyof Entries & string;

type FactsOf<Entry> = [Entry] extends [ErrorEntry<infer Facts>] ? Facts : never;

type ErrorOptions<Facts> = unknown extends Facts
  ? [options?: { readonly cause?: unknown; readonly facts?: never }]
  : Partial<Facts> extends Facts
    ? [options?: { readonly cause?: unknown; readonly facts?: Facts }]
    : [options: { readonly cause?: unknown; readonly facts: Facts }];
