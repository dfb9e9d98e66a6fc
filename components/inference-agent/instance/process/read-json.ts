/** @throws Error if it is something else */
export function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new Error('an object was expected');
}

/**
 * JSON has no NaN and no infinity: `null` stands for them.
 * @throws Error if it is something else
 */
export function numberOf(value: unknown): number {
  if (value === null) return NaN;
  if (typeof value === 'number') return value;
  throw new Error('a number was expected');
}
