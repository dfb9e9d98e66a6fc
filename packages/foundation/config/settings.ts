import * as z from 'zod';

/**
 * Building blocks for configuration schemas. Nucleus lite turns every scalar of a YAML recipe into a string, and
 * the old components took numbers as text (`"3600"`), so every block takes the text form too.
 * Give each setting `.default(...)` and `.describe('...')`: recipe defaults and docs come from them.
 */

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

/** A number, or a decimal number as text. */
export function numberSetting(bounds: Bounds = {}) {
  return z.preprocess(numberFromText, bounded(z.number(), bounds));
}

/** A whole number, or one as text. */
export function integerSetting(bounds: Bounds = {}) {
  return z.preprocess(numberFromText, bounded(z.int(), bounds));
}

/** A boolean, or `true` / `false` as text in any case. */
export function booleanSetting() {
  return z.preprocess(booleanFromText, z.boolean());
}

/** Text; numbers and booleans are taken as written, since YAML reads `Name: 42` as a number. */
export function textSetting(rule: { readonly pattern?: RegExp; readonly meaning?: string } = {}) {
  const text = rule.pattern ? z.string().regex(rule.pattern, rule.meaning) : z.string();
  return z.preprocess(
    (value) => (typeof value === 'number' || typeof value === 'boolean' ? String(value) : value),
    text,
  );
}

/** One word of a closed set. */
export function choiceSetting<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.preprocess(choiceFromText(values), z.enum(values));
}

/** A list of texts, or of words of a closed set; also `"a, b"`, JSON text of a list, or one text for a list of one. */
export function textListSetting<Item extends z.ZodType<string> = ReturnType<typeof textSetting>>(item?: Item) {
  return z.preprocess(textListFromText, z.array((item ?? textSetting()) as Item));
}

/** A list of sections; also as JSON text, the form that a container takes in recipe variables. */
export function listSetting<Item extends z.ZodType>(item: Item) {
  return z.preprocess(jsonFromText, z.array(item));
}

/** A map from names to values; also as JSON text. */
export function mapSetting<Value extends z.ZodType>(value: Value, key: z.ZodString = z.string()) {
  return z.preprocess(jsonFromText, z.record(key, value));
}

/** A nested group of settings, all its defaults filled in when it is left out. */
export function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.preprocess((value) => jsonFromText(value ?? {}), z.object(shape));
}

function bounded(schema: z.ZodNumber, { min, max }: Bounds): z.ZodNumber {
  const above = min === undefined ? schema : schema.min(min);
  return max === undefined ? above : above.max(max);
}

function numberFromText(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value)) return value;
  return Number(value);
}

function booleanFromText(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const word = value.trim().toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : value;
}

function choiceFromText(values: readonly string[]): (value: unknown) => unknown {
  return (value) => {
    if (typeof value !== 'string' && typeof value !== 'number') return value;
    const word = String(value).trim().toLowerCase();
    return values.find((choice) => choice.toLowerCase() === word) ?? value;
  };
}

function textListFromText(value: unknown): unknown {
  const parsed = jsonFromText(value);
  if (typeof parsed !== 'string') return parsed;
  return parsed
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function jsonFromText(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}
