import { ValueError } from './exceptions.ts';

/** Checks of arguments, with the wording of the SDK that this one takes the place of. */

export const NAME_PATTERN = '^[a-zA-Z0-9][a-zA-Z0-9-]{1,62}$';

/** @throws ValueError for the first that is missing */
export function checkRequired<Name extends string>(
  method: string,
  required: readonly Name[],
  given: Readonly<Partial<Record<Name, unknown>>>,
): void {
  const missing = required.find((name) => given[name] === undefined);
  if (missing === undefined) return;
  throw new ValueError(`${missing} argument of ${method} is a required argument but was not provided`);
}

export function isName(value: unknown): value is string {
  return typeof value === 'string' && new RegExp(NAME_PATTERN).test(value);
}

/** @throws ValueError */
export function bytesOf(name: string, value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  throw new ValueError(`Argument ${name} must be of type Uint8Array or ArrayBuffer`);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
