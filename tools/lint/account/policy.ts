/** A policy of IAM or of AWS IoT, as far as lint reads it. */
export interface Policy {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: object;
}

/**
 * Whether a policy lets something through for an action: at least one resource that `resource` stands for is allowed, and no statement
 * without a condition denies all of them. Both sides may hold the wildcards `*` and `?` ("IAM JSON policy elements", AWS IAM user guide; policies of AWS IoT
 * have the same). Conditions of an allowing statement count as met.
 */
export function allows({ Statement }: Policy, action: string, resource: string): boolean {
  const of = (effect: Statement['Effect']): readonly Statement[] => Statement.filter(({ Effect }) => Effect === effect);
  const isDenied = of('Deny').some(
    (one) =>
      one.Condition === undefined &&
      listOf(one.Action).some((pattern) => covers(pattern.toLowerCase(), action.toLowerCase())) &&
      listOf(one.Resource).some((pattern) => covers(pattern, resource)),
  );
  return (
    !isDenied &&
    of('Allow').some(
      ({ Action, Resource }) =>
        listOf(Action).some((pattern) => covers(pattern.toLowerCase(), action.toLowerCase())) &&
        listOf(Resource).some((pattern) => arnsOverlap(pattern, resource)),
    )
  );
}

export function listOf(value: string | readonly string[]): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

/** Whether a pattern stands for everything that another stands for, `*` in the latter being a character like any other. */
function covers(pattern: string, text: string): boolean {
  const parts = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${parts}$`, 's').test(text);
}

/** A wildcard does not reach over the colons of an ARN, unless it is the whole. */
function arnsOverlap(a: string, b: string): boolean {
  if (a === '*' || b === '*') return true;
  const [left, right] = [segments(a), segments(b)];
  return left.length === right.length && left.every((segment, index) => overlaps(segment, right[index] ?? ''));
}

const ARN_SEGMENTS = 6;

/** Partition, service, region, account and resource, which may hold further colons. */
function segments(arn: string): readonly string[] {
  const parts = arn.split(':');
  return [...parts.slice(0, ARN_SEGMENTS - 1), parts.slice(ARN_SEGMENTS - 1).join(':')];
}

/** Whether there is a text that both patterns stand for. Walks all pairs of positions once. */
function overlaps(a: string, b: string): boolean {
  const seen = new Set<number>();
  const walk = (i: number, j: number): boolean => {
    const key = i * (b.length + 1) + j;
    if (seen.has(key)) return false;
    seen.add(key);
    if (i === a.length && j === b.length) return true;
    if (a[i] === '*') return walk(i + 1, j) || (j < b.length && walk(i, j + 1));
    if (b[j] === '*') return walk(i, j + 1) || (i < a.length && walk(i + 1, j));
    return i < a.length && j < b.length && (a[i] === '?' || b[j] === '?' || a[i] === b[j]) && walk(i + 1, j + 1);
  };
  return walk(0, 0);
}
