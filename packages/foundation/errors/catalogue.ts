import { EdgeError } from './edge-error.ts';
import type { EdgeErrorOptions, ErrorEntry } from './edge-error.ts';

/**
 * One domain's errors: a table of code → status and remedy, and a typed factory over it.
 * Each domain keeps its table in its own `errors.ts`; docs/errors.md is generated from all of them.
 *
 * @example
 * export const modelErrors = errorCatalogue({ 'model.not-found': { status: 404, todo: 'Deploy a model component.' } });
 * throw modelErrors.error('model.not-found', `no model is active under the alias "${alias}"`);
 */
export function errorCatalogue<const Entries extends Record<string, ErrorEntry>>(entries: Entries) {
  return {
    entries,
    error(code: keyof Entries & string, message: string, options: EdgeErrorOptions = {}): EdgeError {
      return new EdgeError(code, entries[code] as ErrorEntry, message, options);
    },
  } as const;
}
