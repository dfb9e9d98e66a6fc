import { isPlainObject } from './recipe.ts';

/** Keys of a JSON pointer (RFC 6901); undefined if it is not one. The empty pointer names the whole document. */
export function parsePointer(pointer: string): string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The value that a pointer names; undefined if there is none or the pointer is malformed. */
export function pointerValue(document: unknown, pointer: string): unknown {
  return parsePointer(pointer)?.reduce<unknown>(step, document);
}

function step(at: unknown, key: string): unknown {
  if (Array.isArray(at)) return /^(0|[1-9]\d*)$/.test(key) ? (at as unknown[])[Number(key)] : undefined;
  return isPlainObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
}
