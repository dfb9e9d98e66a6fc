import type { FleetDevice } from './fleet-devices.ts';

/**
 * The fleet in the fields of GetDeviceFleetReport (Amazon SageMaker Edge Manager API). A device counts for a model in all
 * columns that fit: connected or offline by its heartbeat, and where connected also active and sampling.
 */
export interface FleetReport {
  readonly DeviceFleetName: string;
  readonly DeviceFleetArn?: string;
  readonly Description: string;
  /** Where heartbeats come from. */
  readonly OutputConfig?: { readonly S3OutputLocation: string };
  /** ISO 8601. */
  readonly ReportGenerated: string;
  readonly DeviceStats: { readonly ConnectedDeviceCount: number; readonly RegisteredDeviceCount: number };
  readonly AgentVersions: readonly { readonly Version: string; readonly AgentCount: number }[];
  readonly ModelStats: readonly ModelStat[];
}

export interface ModelStat {
  readonly ModelName: string;
  readonly ModelVersion: string;
  readonly OfflineDeviceCount: number;
  readonly ConnectedDeviceCount: number;
  readonly ActiveDeviceCount: number;
  readonly SamplingDeviceCount: number;
}

export interface ReportSubject {
  readonly name: string;
  readonly arn?: string;
  readonly heartbeats?: string;
  readonly now: number;
}

export function fleetReport(devices: readonly FleetDevice[], subject: ReportSubject): FleetReport {
  const versions = new Map<string, number>();
  for (const { agentVersion } of devices)
    if (agentVersion !== undefined) versions.set(agentVersion, (versions.get(agentVersion) ?? 0) + 1);
  return {
    DeviceFleetName: subject.name,
    ...(subject.arn === undefined ? {} : { DeviceFleetArn: subject.arn }),
    Description: `${devices.length} registered devices`,
    ...(subject.heartbeats === undefined ? {} : { OutputConfig: { S3OutputLocation: subject.heartbeats } }),
    ReportGenerated: new Date(subject.now).toISOString(),
    DeviceStats: {
      ConnectedDeviceCount: devices.filter(({ connected }) => connected).length,
      RegisteredDeviceCount: devices.length,
    },
    AgentVersions: [...versions].sort(byName).map(([Version, AgentCount]) => ({ Version, AgentCount })),
    ModelStats: modelStats(devices),
  };
}

function modelStats(devices: readonly FleetDevice[]): readonly ModelStat[] {
  const counts = new Map<string, ModelStat>();
  for (const { connected, models } of devices) {
    // Two aliases of one model on one device are one device.
    const distinct = new Map(models.map((model) => [`${model.name}\n${model.version}`, model]));
    for (const [key, { name, version }] of distinct) {
      const own = models.filter((model) => model.name === name && model.version === version);
      const count = (holds: boolean): number => (holds ? 1 : 0);
      const before = counts.get(key);
      counts.set(key, {
        ModelName: name,
        ModelVersion: version,
        OfflineDeviceCount: (before?.OfflineDeviceCount ?? 0) + count(!connected),
        ConnectedDeviceCount: (before?.ConnectedDeviceCount ?? 0) + count(connected),
        ActiveDeviceCount: (before?.ActiveDeviceCount ?? 0) + count(own.some(({ active }) => active)),
        SamplingDeviceCount: (before?.SamplingDeviceCount ?? 0) + count(own.some(({ sampling }) => sampling)),
      });
    }
  }
  return [...counts].sort(byName).map(([, stat]) => stat);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
