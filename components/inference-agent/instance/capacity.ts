import type { InstanceSettings } from './model-instance.ts';

/** Requests that a instance works on at once: each worker runs one, and prepares one more where it is to. */
export function capacityOf({ workers, prepareAhead }: InstanceSettings): number {
  return workers * (prepareAhead ? 2 : 1);
}
