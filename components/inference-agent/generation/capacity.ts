import type { GenerationSettings } from './generation.ts';

/** Requests that a generation works on at once: each worker runs one, and prepares one more where it is to. */
export function capacityOf({ workers, prepareAhead }: GenerationSettings): number {
  return workers * (prepareAhead ? 2 : 1);
}
