import { ListCoreDevicesCommand } from '@aws-sdk/client-greengrassv2';
import { ListThingsInThingGroupCommand } from '@aws-sdk/client-iot';
import { presenceOf } from '#packages/heartbeat';
import { awsCall } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import type { Target } from '../deployments/target.ts';
import { allPages, collect } from '../pages.ts';
import { readHeartbeats } from './heartbeat-store.ts';
import type { HeartbeatPlace, ReceivedHeartbeat } from './heartbeat-store.ts';

/** A device as the fleet knows it: what Greengrass says and what its own last heartbeat says. */
export interface FleetDevice {
  readonly thing: string;
  /** HEALTHY or UNHEALTHY, by the nucleus; absent before the device first called in. */
  readonly health?: string;
  readonly platform?: string;
  readonly architecture?: string;
  readonly agentVersion?: string;
  /** Milliseconds since the epoch. */
  readonly lastHeartbeat?: number;
  /** By the meaning in packages/heartbeat/presence.ts; false without a heartbeat. */
  readonly connected: boolean;
  readonly models: readonly DeviceModel[];
}

interface DeviceModel {
  readonly handle: string;
  readonly name: string;
  readonly version: string;
  readonly active: boolean;
  readonly sampling: boolean;
  /** Milliseconds since the epoch. */
  readonly latestInference?: number;
  readonly latestSample?: number;
  readonly provider?: string;
  readonly golden?: string;
}

export interface FleetQuery {
  /** A thing group; default: every core device of the account. */
  readonly group?: Target;
  readonly heartbeats?: HeartbeatPlace;
  readonly now: number;
  readonly signal: AbortSignal;
}

/** All devices by name. A few requests for each thousand, one for each heartbeat, 32 at a time. */
export async function fleetDevices(clients: CloudClients, query: FleetQuery): Promise<readonly FleetDevice[]> {
  const { group, heartbeats, signal } = query;
  const [cores, members] = await Promise.all([coreDevices(clients, group, signal), membersOf(clients, group, signal)]);
  const things = [...new Set([...cores.keys(), ...members])].sort();
  const received = heartbeats ? await readHeartbeats(clients, heartbeats, signal, group && things) : new Map();
  return things.map((thing) => deviceOf(thing, cores.get(thing), received.get(thing) as ReceivedHeartbeat, query.now));
}

function deviceOf(
  thing: string,
  core: Partial<FleetDevice> | undefined,
  received: ReceivedHeartbeat | undefined,
  now: number,
): FleetDevice {
  if (!received) return { thing, ...core, connected: false, models: [] };
  const { heartbeat, receivedAt } = received;
  const presence = presenceOf(heartbeat, receivedAt, now);
  return {
    thing,
    ...core,
    agentVersion: heartbeat.AgentVersion,
    lastHeartbeat: receivedAt,
    connected: presence.connected,
    models: heartbeat.Models.map((model, index) => ({
      handle: model.ModelHandle,
      name: model.ModelName,
      version: model.ModelVersion,
      active: presence.models[index]?.active ?? false,
      sampling: presence.models[index]?.sampling ?? false,
      ...(model.LatestInference === undefined ? {} : { latestInference: model.LatestInference * 1000 }),
      ...(model.LatestSampleTime === undefined ? {} : { latestSample: model.LatestSampleTime * 1000 }),
      ...(model.Provider === undefined ? {} : { provider: model.Provider }),
      ...(model.Golden === undefined ? {} : { golden: model.Golden }),
    })),
  };
}

async function coreDevices({ greengrass }: CloudClients, group: Target | undefined, signal: AbortSignal) {
  const listed = allPages(async (nextToken) => {
    const of = group ? { thingGroupArn: group.arn } : {};
    const command = new ListCoreDevicesCommand({ ...of, maxResults: 100, nextToken });
    const answer = await awsCall('ListCoreDevices', greengrass.send(command, { abortSignal: signal }));
    return { items: answer.coreDevices, nextToken: answer.nextToken };
  });
  const entries = (await collect(listed)).map(({ coreDeviceThingName = '', status, platform, architecture }) => {
    const facts: Partial<FleetDevice> = {
      ...(status === undefined ? {} : { health: status }),
      ...(platform === undefined ? {} : { platform }),
      ...(architecture === undefined ? {} : { architecture }),
    };
    return [coreDeviceThingName, facts] as const;
  });
  return new Map(entries);
}

/**
 * Things of a group that have not called in yet are not core devices, but they are registered.
 * @param recursive with those of the groups below it, which a deployment reaches, too
 */
export async function membersOf(
  { iot }: CloudClients,
  group: Pick<Target, 'name'> | undefined,
  signal: AbortSignal,
  recursive = true,
): Promise<readonly string[]> {
  if (!group) return [];
  const listed = allPages(async (nextToken) => {
    const command = new ListThingsInThingGroupCommand({
      thingGroupName: group.name,
      recursive,
      maxResults: 250,
      nextToken,
    });
    const answer = await awsCall(`ListThingsInThingGroup ${group.name}`, iot.send(command, { abortSignal: signal }));
    return { items: answer.things, nextToken: answer.nextToken };
  });
  return collect(listed);
}
