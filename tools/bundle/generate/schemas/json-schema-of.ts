import * as z from 'zod';

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

interface SchemaOptions {
  /** The form before defaults and changes (`input`), or after (`output`: settings are read through changes that say nothing of their input). */
  readonly io: 'input' | 'output';
  /** Takes the place of what zod makes of a schema. */
  readonly instead?: ReadonlyMap<z.core.$ZodType, JsonSchema>;
}

/**
 * The JSON Schema of what a zod schema takes: never narrower. A key is required if the schema does not do without it.
 */
export function jsonSchemaOf(schema: z.ZodType, { io, instead }: SchemaOptions): JsonSchema {
  const { $schema: _, ...json } = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    reused: 'inline',
    override: ({ zodSchema, jsonSchema }) => {
      const node = jsonSchema as Record<string, unknown>;
      const other = instead?.get(zodSchema);
      if (other) {
        for (const key of Object.keys(node)) delete node[key];
        Object.assign(node, other);
      }
      if (zodSchema instanceof z.ZodObject) requireWhatIsNeeded(zodSchema, node);
      // JSON Schema does not know flags of regular expressions.
      if (zodSchema instanceof z.ZodString && hasFlags(zodSchema)) delete node['pattern'];
    },
  });
  return json;
}

function requireWhatIsNeeded(schema: z.ZodObject, node: Record<string, unknown>): void {
  const needed = Object.entries(schema.shape)
    .filter(([, value]) => !(value as z.ZodType).safeParse(undefined).success)
    .map(([key]) => key);
  if (needed.length > 0) node['required'] = needed;
  else delete node['required'];
}

function hasFlags(schema: z.ZodString): boolean {
  const { patterns } = schema._zod.bag as { readonly patterns?: ReadonlySet<RegExp> };
  return [...(patterns ?? [])].some(({ flags }) => flags !== '');
}
