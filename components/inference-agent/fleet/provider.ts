import type { HeartbeatMessage } from '#packages/heartbeat';

import type { CaptureUpload, NetworkStatus, UploadObject } from '../capture/upload/capture-upload.ts';

/**
 * The cloud, as the agent needs it: the eight calls of the old agent's provider plug-ins. `Custom` loads one from a module;
 * calls come in the order init, configure, openCloudClient, then any, and shutdown last.
 */
export interface Provider extends CaptureUpload {
  init(): Promise<void>;
  /** Gives back everything; may come at any time after `init`. Idempotent. */
  shutdown(): Promise<void>;
  /** The agent's settings that a provider may need, at start and after each change. */
  configure(settings: ProviderSettings): Promise<void>;
  openCloudClient(): Promise<void>;
  uploadSampleData(object: UploadObject, signal: AbortSignal): Promise<void>;
  sendHeartbeat(heartbeat: HeartbeatMessage): Promise<void>;
  deviceRegistration(): Promise<DeviceRegistration>;
  networkStatus(): Promise<NetworkStatus>;
}

export const PROVIDER_CALLS = [
  'init',
  'shutdown',
  'configure',
  'openCloudClient',
  'uploadSampleData',
  'sendHeartbeat',
  'deviceRegistration',
  'networkStatus',
] as const satisfies readonly (keyof Provider)[];

export interface ProviderSettings {
  readonly deviceName: string;
  readonly deviceFleetName: string;
  readonly thingName: string;
  readonly bucketName: string;
  readonly region: string;
  /** Empty: Amazon S3. */
  readonly s3Endpoint: string;
  readonly s3ForcePathStyle: boolean;
}

export interface DeviceRegistration {
  /** Whether the fleet knows the device, so that it may send data and heartbeats. */
  readonly active: boolean;
  /** For so long nobody needs to ask again. */
  readonly ttlSeconds: number;
}
