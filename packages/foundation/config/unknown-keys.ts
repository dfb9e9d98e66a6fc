import * as z from 'zod';
import { closest } from '../text/closest.ts';
import { pointer } from './pointer.ts';
import { elementOf, knownProperties, schemaNode } from './schema-walk.ts';
import type { SchemaNode } from './schema-walk.ts';

export interface UnknownKey {
  readonly pointer: string;
  /** The setting that was probably meant. */
  readonly suggestion?: string;
}

/** Keys that the schema does not know, at any depth: misspelled, or left over from another version. */
export function unknownKeys(schema: z.ZodType, value: unknown): readonly UnknownKey[] {
  if (!(schema instanceof z.ZodObject) || !isGroup(value)) return walk(schemaNode(schema), value, []);
  // Only what was given is described: a component has a hundred settings, and most configurations name few.
  const settings = schema.shape as Readonly<Record<string, z.ZodType>>;
  return Object.entries(value).flatMap(([key, child]) => {
    const below = Object.hasOwn(settings, key) ? settings[key] : undefined;
    if (below && typeof child !== 'object') return [];
    return below ? walk(schemaNode(below), child, [key]) : walk(schemaNode(schema), { [key]: child }, []);
  });
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
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
