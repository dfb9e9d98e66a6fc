import path from 'node:path';
import { createGenerator } from 'ts-json-schema-generator';
import { PROJECT } from '../../project.ts';
import type { JsonSchema } from '../schemas/json-schema-of.ts';

/** Interfaces of the bodies that components answer with. */
const SOURCES = '{packages/http/api/*.ts,components/console/device/live-line.ts}';

/**
 * JSON Schemas, draft 2020-12, of interfaces and of those that they name, with their comments as descriptions. An answer may have keys
 * that no schema knows: a newer version has more.
 *
 * @returns by name; a schema refers to another as `#/components/schemas/<name>`
 */
export function typesAsSchemas(): ReadonlyMap<string, JsonSchema> {
  const { definitions = {} } = createGenerator({
    path: path.join(PROJECT, SOURCES),
    tsconfig: path.join(PROJECT, 'tsconfig.json'),
    type: '*',
    skipTypeCheck: true,
    additionalProperties: true,
  }).createSchema('*');
  return new Map(Object.entries(definitions).map(([name, schema]) => [name, modern(schema) as JsonSchema]));
}

/** Draft 7 as draft 2020-12: references, and arrays of fixed places. */
function modern(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(modern);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).map(([key, value]): [string, unknown] => {
    if (key === '$ref') return [key, String(value).replace('#/definitions/', '#/components/schemas/')];
    if (key === 'items' && Array.isArray(value)) return ['prefixItems', modern(value)];
    return [key, modern(value)];
  });
  return Object.fromEntries(entries);
}
