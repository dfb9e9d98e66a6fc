/** A thing as the fleet index of AWS IoT sees it: nested fields, lists for what has several values. */
export type IndexedThing = Readonly<Record<string, unknown>>;

type Test = (thing: IndexedThing) => boolean;

const MAX_TERMS = 12;
const TOKEN = /\s*(\(|\)|AND\b|OR\b|NOT\b|[\w.$:-]+?(?:>=|<=|>|<|:)(?:"(?:[^"\\]|\\.)*"|[^\s()"]+)|\*)/y;
const TERM = /^([\w.$-]+?)(>=|<=|>|<|:)(.+)$/s;

/**
 * The query language of the fleet index, as far as it is used: terms, ranges, AND, OR, NOT and brackets ("Query syntax" in the developer
 * guide of AWS IoT Core). Refuses what AWS IoT refuses: more than 12 terms, special characters outside quotes, long queries with a leading wildcard.
 *
 * @throws Error that says what is wrong
 */
export function indexQuery(text: string): Test {
  const tokens = tokensOf(text);
  const terms = tokens.filter((token) => !['(', ')', 'AND', 'OR', 'NOT'].includes(token));
  if (terms.length > MAX_TERMS) throw new Error(`${terms.length} terms in ${text}`);
  if (terms.some((term) => /[:]\*./.test(term)) && text.length > 100) throw new Error(`a leading wildcard in ${text}`);
  let at = 0;
  const either = (): Test => {
    const parts = [both()];
    while (tokens[at] === 'OR') {
      at++;
      parts.push(both());
    }
    return (thing) => parts.some((part) => part(thing));
  };
  const both = (): Test => {
    const parts = [one()];
    while (at < tokens.length && tokens[at] !== 'OR' && tokens[at] !== ')') {
      if (tokens[at] === 'AND') at++;
      parts.push(one());
    }
    return (thing) => parts.every((part) => part(thing));
  };
  const one = (): Test => {
    const token = tokens[at++];
    if (token === 'NOT') {
      const inner = one();
      return (thing) => !inner(thing);
    }
    if (token === '(') {
      const inner = either();
      if (tokens[at++] !== ')') throw new Error(`an open bracket in ${text}`);
      return inner;
    }
    if (token === undefined || token === 'AND' || token === 'OR' || token === ')')
      throw new Error(`a term is missing in ${text}`);
    return termTest(token);
  };
  const test = either();
  if (at !== tokens.length) throw new Error(`cannot read ${text}`);
  return test;
}

/** The values of a field, in a thing and in lists of it. */
export function valuesOf(thing: IndexedThing, field: string): readonly unknown[] {
  const value = field
    .split('.')
    .reduce<unknown>((found, name) => (found as Record<string, unknown> | undefined)?.[name], thing);
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const found = TOKEN.exec(text);
    if (!found) throw new Error(`cannot read ${text}`);
    tokens.push(found[1] ?? '');
  }
  return tokens;
}

function termTest(term: string): Test {
  if (term === '*') return () => true;
  const [, field = '', operator = ':', written = ''] = TERM.exec(term) ?? [];
  const isQuoted = written.startsWith('"');
  if (!isQuoted && /[`@#%\\/';,]/.test(written)) throw new Error(`a special character in ${term}`);
  const value = isQuoted ? written.slice(1, -1).replaceAll(/\\(.)/g, '$1') : written;
  const test = operator === ':' ? textTest(value, isQuoted) : rangeTest(operator, Number(value), term);
  return (thing) => valuesOf(thing, field).some(test);
}

/** Case does not count, and a word of the text is enough. */
function textTest(wanted: string, isQuoted: boolean): (value: unknown) => boolean {
  const lower = wanted.toLowerCase();
  if (isQuoted || !/[*?]/.test(wanted))
    return (value) => String(value).toLowerCase() === lower || String(value).toLowerCase().split(/\s+/).includes(lower);
  const pattern = lower
    .replaceAll(/[.+^${}()|[\]]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const expression = new RegExp(`^${pattern}$`);
  return (value) => expression.test(String(value).toLowerCase());
}

function rangeTest(operator: string, bound: number, term: string): (value: unknown) => boolean {
  if (Number.isNaN(bound)) throw new Error(`no number in ${term}`);
  return (value) => {
    if (typeof value !== 'number') return false;
    if (operator === '>') return value > bound;
    if (operator === '<') return value < bound;
    return operator === '>=' ? value >= bound : value <= bound;
  };
}
