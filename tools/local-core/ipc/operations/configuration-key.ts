import { notFound } from '../fault.ts';
import type { Fault } from '../fault.ts';

/** Lists are values, as in the nucleus. */
export function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function keyNotFound(component: string, keyPath: readonly string[]): Fault {
  return notFound('Configuration', [component, ...keyPath].join('/'), 'Key not found');
}
