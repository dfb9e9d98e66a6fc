import type { JsonSchema } from './json-schema-of.ts';

const NUMBER = '^(\\s*[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?\\s*|null)$';
const BOOLEAN = `^(\\s*(${anyCase('true')}|${anyCase('false')})\\s*|null)$`;
const JSON_TEXT = '^(\\s*[\\[{]|null$)';

/**
 * The schema of a component's configuration with the other forms that its settings take (packages/foundation/config/settings.ts):
 * numbers and booleans as text, choices in any case, lists and groups as JSON text, and null for what is left out.
 */
export function withTextForms(node: JsonSchema): JsonSchema {
  const { anyOf, oneOf, items, prefixItems, properties, additionalProperties, ...rest } = node;
  const branches = (anyOf ?? oneOf) as readonly JsonSchema[] | undefined;
  const below = {
    ...(items === undefined ? {} : { items: either(items) }),
    ...(prefixItems === undefined ? {} : { prefixItems: (prefixItems as readonly JsonSchema[]).map(withTextForms) }),
    ...(properties === undefined ? {} : { properties: mapValues(properties as Properties, withTextForms) }),
    ...(additionalProperties === undefined ? {} : { additionalProperties: either(additionalProperties) }),
  };
  if (branches) return { ...rest, ...below, anyOf: branches.map(withTextForms) };
  return { ...rest, ...below, ...formsOf(rest) };
}

type Properties = Readonly<Record<string, JsonSchema>>;

function either(node: unknown): unknown {
  return typeof node === 'object' && node !== null ? withTextForms(node as JsonSchema) : node;
}

/** Keys that take the place of those of the node. */
function formsOf({ type, enum: choices }: JsonSchema): JsonSchema {
  if (Array.isArray(choices)) return { type: undefined, enum: undefined, anyOf: choiceForms(choices) };
  switch (type) {
    case 'number':
    case 'integer':
      return { type: [type, 'string', 'null'], pattern: NUMBER };
    case 'boolean':
      return { type: [type, 'string', 'null'], pattern: BOOLEAN };
    case 'string':
      return { type: [type, 'number', 'boolean', 'null'] };
    case 'array':
      return { type: [type, 'string', 'null'] };
    case 'object':
      return { type: [type, 'string', 'null'], pattern: JSON_TEXT };
    default:
      return {};
  }
}

/** The choices themselves first, for editors that offer them. */
function choiceForms(choices: readonly unknown[]): readonly JsonSchema[] {
  const texts = choices.filter((choice): choice is string => typeof choice === 'string');
  const numbers = texts.filter((text) => /^\d+$/.test(text)).map(Number);
  return [
    { enum: [...choices, ...numbers, null] },
    { type: 'string', pattern: `^(\\s*(${texts.map(anyCase).join('|')})\\s*|null)$` },
  ];
}

/** A pattern for a word in any case: JSON Schema does not have a flag for that. */
function anyCase(word: string): string {
  return word.replace(/./g, (letter) =>
    /[a-z]/i.test(letter) ? `[${letter.toLowerCase()}${letter.toUpperCase()}]` : `[${letter === '^' ? '\\^' : letter}]`,
  );
}

function mapValues(record: Properties, map: (node: JsonSchema) => JsonSchema): Properties {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
