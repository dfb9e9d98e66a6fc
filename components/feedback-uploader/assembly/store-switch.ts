import { isDeepStrictEqual } from 'node:util';
import type { ObjectStore } from '#packages/object-store';
import type { UploaderConfiguration } from '../config.ts';

/** Where the store is, as the configuration says. */
export interface StorePlace {
  readonly region: string;
  readonly endpoint: string;
  readonly forcePathStyle: boolean;
}

/** A store that can be exchanged for another one while it is in use; uploads that run end on the old one. */
export interface StoreSwitch extends ObjectStore {
  setConfiguration(configuration: UploaderConfiguration): void;
}

export function storeSwitch(
  configuration: UploaderConfiguration,
  regionOfDevice: string | undefined,
  open: (place: StorePlace) => ObjectStore,
): StoreSwitch {
  const placeOf = ({ S3Region, S3Endpoint, S3ForcePathStyle }: UploaderConfiguration): StorePlace => ({
    region: S3Region || (regionOfDevice ?? DEFAULT_REGION),
    endpoint: S3Endpoint,
    forcePathStyle: S3ForcePathStyle,
  });
  let place = placeOf(configuration);
  let store = open(place);
  return {
    put: (object, signal) => store.put(object, signal),
    close: () => store.close(),
    setConfiguration(next) {
      const nextPlace = placeOf(next);
      if (isDeepStrictEqual(nextPlace, place)) return;
      place = nextPlace;
      store = open(place);
    },
  };
}

/** Buckets elsewhere are found from any region. */
const DEFAULT_REGION = 'us-east-1';
