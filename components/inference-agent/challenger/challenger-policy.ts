import type { RegistryPolicy } from '../registry/registry-ports.ts';

/** Behind all that serves, for as long as it lives. */
const NICENESS = 19;

/**
 * How challengers are loaded: vetted and tested as the model that serves, but in one process of their own, whatever the service asks
 * for, and at the lowest priority.
 */
export function challengerPolicy(policy: RegistryPolicy): RegistryPolicy {
  return {
    ...policy,
    instance: (alias) => ({
      ...policy.instance(alias),
      isolation: 'process',
      niceness: NICENESS,
      workers: 1,
      spare: false,
      prepareAhead: false,
      // The model that serves has measured the very same pictures.
      measurePictures: false,
    }),
  };
}
