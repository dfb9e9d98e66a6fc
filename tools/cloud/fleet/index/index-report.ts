import { readServes } from '#packages/heartbeat';
import type { FleetReport, ModelStat, ReportSubject } from '../fleet-report.ts';
import type { Bucket, FleetIndex } from './fleet-index.ts';
import { AGENT_FIELD, all, CONNECTED, SERVES_FIELD, STATE_FIELD, textOf } from './query.ts';
import type { Query } from './query.ts';

/** The report, and what only the index knows. */
export interface IndexReport {
  readonly report: FleetReport;
  /** Devices by the worst that is known of their models: OK, REFUSED, DRIFTING, FAILING. */
  readonly states: readonly Bucket[];
  /** Devices that no row of the report counts: they serve a combination of models beyond the 10,000 most frequent ones. */
  readonly uncounted: number;
}

/**
 * The fleet in the fields of GetDeviceFleetReport, from the index: six requests for any number of devices, and memory for the combinations of
 * models that they serve. Connected is by the connection to AWS IoT, not by heartbeats.
 */
export async function indexReport(index: FleetIndex, members: Query, subject: ReportSubject): Promise<IndexReport> {
  const [everywhere, online] = [textOf(members), textOf(all(members, CONNECTED))];
  const registered = await index.count(everywhere);
  const connected = await index.count(online);
  const agents = await index.buckets(everywhere, AGENT_FIELD);
  const states = await index.buckets(everywhere, STATE_FIELD);
  const serving = await index.buckets(everywhere, SERVES_FIELD);
  const servingOnline = await index.buckets(online, SERVES_FIELD);
  const known = states.buckets.reduce((sum, { count }) => sum + count, 0);
  const counted = serving.buckets.reduce((sum, { count }) => sum + count, 0);
  return {
    report: {
      DeviceFleetName: subject.name,
      ...(subject.arn === undefined ? {} : { DeviceFleetArn: subject.arn }),
      Description: `${registered} registered devices`,
      ReportGenerated: new Date(subject.now).toISOString(),
      DeviceStats: { ConnectedDeviceCount: connected, RegisteredDeviceCount: registered },
      AgentVersions: agents.buckets.map(({ value, count }) => ({ Version: value, AgentCount: count })).sort(byVersion),
      ModelStats: modelStats(serving.buckets, servingOnline.buckets),
    },
    states: states.buckets,
    uncounted: Math.max(0, known - counted),
  };
}

type Counts = { -readonly [Name in keyof ModelStat]: ModelStat[Name] };

/** A bucket is a combination of models; each device in it counts once for each model. */
function modelStats(everywhere: readonly Bucket[], online: readonly Bucket[]): readonly ModelStat[] {
  const stats = new Map<string, Counts>();
  const add = (buckets: readonly Bucket[], count: (stat: Counts, more: number, marks: Marks) => void): void => {
    for (const { value, count: devices } of buckets)
      for (const [key, model] of modelsOf(value)) {
        const stat = stats.get(key) ?? { ...EMPTY, ModelName: model.name, ModelVersion: model.version };
        stats.set(key, stat);
        count(stat, devices, model);
      }
  };
  add(everywhere, (stat, devices) => (stat.OfflineDeviceCount += devices));
  add(online, (stat, devices, { active, sampling }) => {
    // One device may go offline between the two requests.
    stat.OfflineDeviceCount = Math.max(0, stat.OfflineDeviceCount - devices);
    stat.ConnectedDeviceCount += devices;
    if (active) stat.ActiveDeviceCount += devices;
    if (sampling) stat.SamplingDeviceCount += devices;
  });
  return [...stats].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, stat]) => stat);
}

interface Marks {
  readonly active: boolean;
  readonly sampling: boolean;
}

/** Two aliases of one model on one device are one device. */
function modelsOf(serves: string): ReadonlyMap<string, Marks & { readonly name: string; readonly version: string }> {
  const models = new Map<string, Marks & { readonly name: string; readonly version: string }>();
  for (const { name, version, active, sampling } of readServes(serves)) {
    const key = `${name}\n${version}`;
    const before = models.get(key);
    models.set(key, {
      name,
      version,
      active: active || before?.active === true,
      sampling: sampling || before?.sampling === true,
    });
  }
  return models;
}

const EMPTY = {
  OfflineDeviceCount: 0,
  ConnectedDeviceCount: 0,
  ActiveDeviceCount: 0,
  SamplingDeviceCount: 0,
} as const;

function byVersion(a: { readonly Version: string }, b: { readonly Version: string }): number {
  return a.Version < b.Version ? -1 : 1;
}
