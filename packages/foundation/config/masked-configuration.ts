import { maskCredentials } from '../log/mask-credentials.ts';
import { pointer } from './pointer.ts';
import { elementOf, knownProperties } from './schema-walk.ts';
import type { SchemaNode } from './schema-walk.ts';

const MASK = '***';

/** The same values without secrets: those that the schema calls `writeOnly`, and logins in addresses. */
export function maskedConfiguration(value: unknown, node: SchemaNode | undefined): unknown {
  if (typeof value === 'string') return node?.writeOnly === true && value !== '' ? MASK : maskCredentials(value);
  if (typeof value !== 'object' || value === null) return value;
  const element = node && elementOf(node);
  if (Array.isArray(value)) return value.map((item) => maskedConfiguration(item, element));
  const known = (node && knownProperties(node)) ?? {};
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, maskedConfiguration(child, known[key] ?? element)]),
  );
}

/** JSON pointers of texts that hold a mask: they were read masked, and are not what was meant. */
export function maskedPointers(value: unknown, path: readonly string[] = []): readonly string[] {
  if (typeof value === 'string') return value.includes(MASK) ? [pointer(path)] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => maskedPointers(child, [...path, key]));
}
