import * as z from 'zod';

/** The parts of JSON Schema (draft 2020-12) that configuration schemas use. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  /** Set for secrets. */
  readonly writeOnly?: boolean;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
}

/** The schema as JSON Schema, in the form that values have after coercion. */
export function schemaNode(schema: z.ZodType): SchemaNode {
  return z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as SchemaNode;
}

/** The schema itself, or each of its alternatives. */
export function alternatives(node: SchemaNode): readonly SchemaNode[] {
  const branches = node.anyOf ?? node.oneOf;
  return branches ? branches.flatMap(alternatives) : [node];
}

/** Settings that the node knows by name; undefined if any name is allowed. A name of several alternatives means any of theirs. */
export function knownProperties(node: SchemaNode): Readonly<Record<string, SchemaNode>> | undefined {
  const objects = alternatives(node).flatMap((branch) => (branch.properties ? [branch.properties] : []));
  if (objects.length === 0) return undefined;
  const names = new Set(objects.flatMap((properties) => Object.keys(properties)));
  return Object.fromEntries(
    [...names].map((name) => [name, anyOf(objects.flatMap((properties) => properties[name] ?? []))]),
  );
}

function anyOf(nodes: readonly SchemaNode[]): SchemaNode {
  const different = [...new Map(nodes.map((node) => [JSON.stringify(node), node])).values()];
  const [only] = different;
  if (only && different.length === 1) return only;
  const descriptions = new Set(different.flatMap(({ description }) => description ?? []));
  return { anyOf: different, ...(descriptions.size > 0 ? { description: [...descriptions].join(' ') } : {}) };
}

/** The value under a key of a map or at an index of a list. */
export function elementOf(node: SchemaNode): SchemaNode | undefined {
  for (const branch of alternatives(node)) {
    if (branch.items) return branch.items;
    if (typeof branch.additionalProperties === 'object') return branch.additionalProperties;
  }
  return undefined;
}
