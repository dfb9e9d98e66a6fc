import type { InstanceSettings } from './model-instance.ts';

/** Requests that an instance works on at once: each worker runs one, and prepares one more if it has a second thread. */
export function capacityOf({ workers, prepareAhead }: InstanceSettings): number {
  return workers * (prepareAhead ? 2 : 1);
}
