import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#packages/foundation';
import { heartbeatParts, MAX_HEARTBEAT_BYTES } from '#packages/heartbeat';
import { mqttTopics } from '#packages/ipc';
import type { IpcSession } from '#packages/ipc';
import { failureFacts } from '#packages/object-store';
import type { ObjectStore } from '#packages/object-store';
import { NetworkProbe } from './network-probe.ts';
import type { TryConnection } from './network-probe.ts';
import type { Provider, ProviderSettings } from './provider.ts';

/** Where the store is. */
export interface StorePlace {
  readonly region: string;
  readonly endpoint: string;
  readonly forcePathStyle: boolean;
}

export interface AwsPorts {
  readonly openStore: (place: StorePlace) => ObjectStore;
  readonly ipc: Pick<IpcSession, 'publishIot'>;
  readonly clock: Clock;
  readonly tryConnection?: TryConnection;
}

const REGISTRATION_TTL_S = 86_400;

/** The bucket over S3 with keys of the token exchange service, heartbeats over the nucleus to IoT Core. */
export function awsProvider({ openStore, ipc, clock, tryConnection }: AwsPorts): Provider {
  const probe = new NetworkProbe(clock, tryConnection);
  let settings: ProviderSettings | undefined;
  let place: StorePlace | undefined;
  let store: ObjectStore | undefined;

  const follow = (): void => {
    const { region, s3Endpoint: endpoint, s3ForcePathStyle: forcePathStyle } = settings ?? NO_SETTINGS;
    const next = { region, endpoint, forcePathStyle };
    if (store && isDeepStrictEqual(next, place)) return;
    // Uploads that run end on the old one.
    place = next;
    store = openStore(next);
  };

  return {
    init: async () => undefined,
    shutdown: async () => {
      store?.close();
      store = undefined;
    },
    configure: async (next) => {
      settings = next;
      if (store) follow();
    },
    openCloudClient: async () => follow(),
    uploadSampleData: async (object, signal) => {
      follow();
      try {
        await store?.put({ ...object, metadata: {} }, signal);
      } catch (thrown) {
        if (failureFacts(thrown).nothingSent) probe.forget();
        throw thrown;
      }
    },
    sendHeartbeat: async (heartbeat) => {
      const topic = mqttTopics.heartbeat(heartbeat.ThingName);
      // QoS 0: one that comes late tells nothing, and must not fill the nucleus' spool while the device is offline.
      for (const part of heartbeatParts(heartbeat, MAX_HEARTBEAT_BYTES)) await ipc.publishIot(topic, part, { qos: 0 });
    },
    // The nucleus runs on registered things only, and the token exchange gives keys to no other.
    deviceRegistration: async () => ({ active: true, ttlSeconds: REGISTRATION_TTL_S }),
    networkStatus: () => probe.status(endpointOf(settings ?? NO_SETTINGS)),
  };
}

const NO_SETTINGS: ProviderSettings = {
  deviceName: '',
  deviceFleetName: '',
  thingName: '',
  bucketName: '',
  region: 'us-east-1',
  s3Endpoint: '',
  s3ForcePathStyle: false,
};

function endpointOf({ region, s3Endpoint }: ProviderSettings): URL {
  if (s3Endpoint !== '') return new URL(s3Endpoint);
  // Amazon S3 endpoints, AWS General Reference: the partition of China has its own domain.
  return new URL(`https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`);
}
