import { agentErrors } from '../errors.ts';
import type { Provider } from './provider.ts';

/** No cloud: nothing leaves the device. */
export function noneProvider(): Provider {
  const nothing = async (): Promise<void> => undefined;
  return {
    init: nothing,
    shutdown: nothing,
    configure: nothing,
    openCloudClient: nothing,
    uploadSampleData: ({ key }) =>
      Promise.reject(agentErrors.error('cloud-provider.none', `${key} cannot be uploaded: CloudProvider is None`)),
    sendHeartbeat: nothing,
    deviceRegistration: async () => ({ active: true, ttlSeconds: Infinity }),
    networkStatus: async () => 'NO_NETWORK_ACCESS',
  };
}
