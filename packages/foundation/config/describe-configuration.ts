import type { z } from 'zod';
import { pointer } from './pointer.ts';
import { alternatives, elementOf, knownProperties, schemaNode } from './schema-walk.ts';
import type { SchemaNode } from './schema-walk.ts';

export interface SettingDescription {
  /** JSON pointer; `*` stands for any index or name. */
  readonly pointer: string;
  readonly type: string;
  /** Undefined for settings without a default. */
  readonly default: unknown;
  readonly description: string;
}

/**
 * `ComponentConfiguration.DefaultConfiguration` of the recipe, without `accessControl`: what the schema makes of an empty configuration.
 *
 * @throws ZodError if a setting has no default: a fault of the schema, found by its test.
 */
export function defaultConfiguration(schema: z.ZodType): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(schema.parse({}))) as Record<string, unknown>;
}

/** One row per setting, in the schema's order, for the generated documentation. */
export function describeConfiguration(schema: z.ZodType): readonly SettingDescription[] {
  return rows(schemaNode(schema), []);
}

function rows(node: SchemaNode, path: readonly string[]): SettingDescription[] {
  const named = Object.entries(knownProperties(node) ?? {});
  const element = elementOf(node);
  return [
    ...named.flatMap(([key, child]) => rowsAt(child, [...path, key])),
    ...(element ? rows(element, [...path, '*']) : []),
  ];
}

/** A group speaks through its settings; it has its own row only where something is said about the whole. */
function rowsAt(node: SchemaNode, path: readonly string[]): SettingDescription[] {
  const below = rows(node, path);
  const isGroup = knownProperties(node) !== undefined;
  if (isGroup && node.description === undefined) return below;
  const own = {
    pointer: pointer(path),
    type: typeName(node),
    default: node.default,
    description: node.description ?? '',
  };
  return [own, ...below];
}

function typeName(node: SchemaNode): string {
  const names = alternatives(node).map(oneTypeName);
  return [...new Set(names)].join(' or ');
}

function oneTypeName(node: SchemaNode): string {
  if (node.enum) return node.enum.map((value) => JSON.stringify(value)).join(', ');
  if (node.const !== undefined) return JSON.stringify(node.const);
  switch (node.type) {
    case 'array':
      return `list of ${node.items ? typeName(node.items) : 'any'}`;
    case 'object':
      return typeof node.additionalProperties === 'object' ? `map of ${typeName(node.additionalProperties)}` : 'group';
    case 'string':
      return 'text';
    case undefined:
      return 'any';
    default:
      return `${node.type}${range(node)}`;
  }
}

/** Bounds; the whole-number limits of JavaScript that zod adds by itself are not worth telling. */
function range({ minimum, maximum }: SchemaNode): string {
  const from = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const to = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (from === undefined && to === undefined) return '';
  return from === undefined ? ` ≤ ${to}` : to === undefined ? ` ≥ ${from}` : ` ${from}…${to}`;
}
