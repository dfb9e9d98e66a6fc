import type { z } from 'zod';
import { closest } from '../text/closest.ts';
import { pointer } from './pointer.ts';
import { elementOf, knownProperties, schemaNode } from './schema-walk.ts';
import type { SchemaNode } from './schema-walk.ts';

export interface UnknownKey {
  readonly pointer: string;
  /** The setting that was probably meant. */
  readonly suggestion?: string;
}

/** Keys that the schema does not know, at any depth: misspelt, or left over from another version. */
export function unknownKeys(schema: z.ZodType, value: unknown): readonly UnknownKey[] {
  return walk(schemaNode(schema), value, []);
}

function walk(node: SchemaNode, value: unknown, path: readonly string[]): UnknownKey[] {
  if (typeof value !== 'object' || value === null) return [];
  const known = Array.isArray(value) ? undefined : knownProperties(node);
  const element = elementOf(node);
  return Object.entries(value).flatMap(([key, child]) => {
    const below = (known && Object.hasOwn(known, key) ? known[key] : undefined) ?? element;
    if (below) return walk(below, child, [...path, key]);
    return known ? [unknownKey([...path, key], Object.keys(known))] : [];
  });
}

function unknownKey(path: readonly string[], known: readonly string[]): UnknownKey {
  const suggestion = closest(path.at(-1) ?? '', known);
  return { pointer: pointer(path), ...(suggestion === undefined ? {} : { suggestion }) };
}
