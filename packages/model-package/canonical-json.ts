/**
 * JSON with one spelling only: keys sorted by UTF-16 code units, no white space; what is hashed and signed.
 * The subset of RFC 8785 (JSON Canonicalization Scheme) that texts, whole numbers, booleans, lists and objects need.
 */
export function canonicalJson(value: CanonicalValue): string {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new TypeError(`${value} has no canonical form here: only whole numbers do`);
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] as CanonicalValue)}`);
  return `{${members.join(',')}}`;
}

export type CanonicalValue =
  string | number | boolean | null | readonly CanonicalValue[] | { readonly [key: string]: CanonicalValue };

function isList(value: object): value is readonly CanonicalValue[] {
  return Array.isArray(value);
}
