import type { FleetDevice } from './fleet-devices.ts';

export interface FleetFilter {
  readonly presence?: 'connected' | 'offline';
  /** Name or alias of a model that the device has. */
  readonly model?: string;
  readonly modelVersion?: string;
  /** Milliseconds since the epoch: as `LatestHeartbeatAfter` of ListDevices. */
  readonly heartbeatAfter?: number;
  readonly heartbeatBefore?: number;
  readonly nameContains?: string;
}

/** The devices that pass every filter that is given. */
export function filterDevices(devices: readonly FleetDevice[], filter: FleetFilter): readonly FleetDevice[] {
  const { presence, model, modelVersion, heartbeatAfter, heartbeatBefore, nameContains } = filter;
  const hasModel = ({ models }: FleetDevice): boolean =>
    models.some(
      ({ name, handle, version }) =>
        (model === undefined || name === model || handle === model) &&
        (modelVersion === undefined || version === modelVersion),
    );
  return devices.filter(
    (device) =>
      (presence === undefined || device.connected === (presence === 'connected')) &&
      ((model === undefined && modelVersion === undefined) || hasModel(device)) &&
      (heartbeatAfter === undefined || (device.lastHeartbeat ?? 0) > heartbeatAfter) &&
      (heartbeatBefore === undefined || (device.lastHeartbeat ?? 0) < heartbeatBefore) &&
      (nameContains === undefined || device.thing.includes(nameContains)),
  );
}
