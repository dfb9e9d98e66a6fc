/** The fault of the JSON text of an object, or its value. */
export type JsonObjectReading =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

/**
 * Parses the text of a JSON object and finds names that are given twice, of which `JSON.parse` would silently keep the
 * last. Only the outermost object is looked at.
 */
export function readJsonObjectText(text: string): JsonObjectReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    return { ok: false, why: `is not valid JSON: ${(thrown as Error).message}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { ok: false, why: 'is JSON, but not an object' };
  const twice = firstDuplicate(outermostNames(text));
  if (twice !== undefined) return { ok: false, why: `has the name ${JSON.stringify(twice)} twice` };
  return { ok: true, value };
}

/** Strings, braces and colons of valid JSON text are all that is needed to find the names of its outermost object. */
function outermostNames(text: string): readonly string[] {
  const names: string[] = [];
  let depth = 0;
  let lastString = '';
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (token === ':') {
      if (depth === 1) names.push(JSON.parse(lastString) as string);
    } else lastString = token;
  }
  return names;
}

function firstDuplicate(names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index);
}
