import {
  AddThingToThingGroupCommand,
  CreateThingGroupCommand,
  ListThingGroupsCommand,
  RemoveThingFromThingGroupCommand,
} from '@aws-sdk/client-iot';
import { awsCall } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { currentDeployment } from '../deployments/current-deployment.ts';
import type { StoredDeployment } from '../deployments/current-deployment.ts';
import { planExactly, sendDeployment } from '../deployments/deploy.ts';
import { findTarget } from '../deployments/target.ts';
import type { Target } from '../deployments/target.ts';
import { cloudErrors } from '../errors.ts';
import { membersOf } from '../fleet/fleet-devices.ts';
import { inParallel } from '../in-parallel.ts';
import { allPages, collect } from '../pages.ts';

const CHANGED_AT_ONCE = 8;

/** Groups of devices that were held back from a ring, by name, with their members: `<ring>-held-<deployment that they keep>`. */
export async function heldGroups(
  clients: CloudClients,
  ring: string,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const prefix = heldPrefix(ring);
  const listed = allPages(async (nextToken) => {
    const command = new ListThingGroupsCommand({ namePrefixFilter: prefix, maxResults: 250, nextToken });
    const answer = await awsCall(`ListThingGroups ${prefix}`, clients.iot.send(command, { abortSignal: signal }));
    return { items: answer.thingGroups, nextToken: answer.nextToken };
  });
  const names = (await collect(listed)).flatMap(({ groupName }) => groupName ?? []);
  const members = await inParallel(names, CHANGED_AT_ONCE, (name) => membersOf(clients, { name }, signal, false));
  return new Map(names.map((name, index) => [name, members[index] ?? []]));
}

/**
 * Takes devices out of a ring before a version is deployed to it, and into a group that keeps what the ring has now: Greengrass takes the
 * components of a group from a device that leaves it, therefore each of them joins that group first. Both hold the same versions.
 * Devices that are held already stay where they are. May be repeated after an interruption.
 *
 * @throws EdgeError `promote.cannot-hold` for a device that is in the ring by way of another group
 */
export async function holdDevices(
  clients: CloudClients,
  { ring, current, things, areDirect = false, signal }: HoldRequest,
): Promise<void> {
  if (things.length === 0) return;
  const direct = new Set(areDirect ? things : await membersOf(clients, ring, signal, false));
  const reached = new Set(areDirect ? things : await membersOf(clients, ring, signal));
  const nested = things.filter((thing) => reached.has(thing) && !direct.has(thing));
  if (nested.length > 0) {
    const message = `${nested.join(', ')} cannot take the version, and cannot be taken out of ${ring.name}: they are in a group below it`;
    throw cloudErrors.error('promote.cannot-hold', message, { facts: { group: ring.name, devices: nested } });
  }
  const held = things.filter((thing) => direct.has(thing));
  if (held.length === 0) return;
  const name = heldName(ring.name, current);
  const create = new CreateThingGroupCommand({ thingGroupName: name });
  await awsCall(`CreateThingGroup ${name}`, clients.iot.send(create, { abortSignal: signal }));
  if (current) await keepDeployment(clients, name, current, signal);
  await inParallel(held, CHANGED_AT_ONCE, async (thing) => {
    await join(clients, name, thing, signal);
    await leave(clients, ring.name, thing, signal);
  });
}

export interface HoldRequest {
  readonly ring: Target;
  /** The deployment of the ring before the new one; undefined if it never had one. */
  readonly current: StoredDeployment | undefined;
  readonly things: readonly string[];
  /** They are known to be members of the ring itself, so that nobody needs to read its members. Default: not known. */
  readonly areDirect?: boolean;
  readonly signal: AbortSignal;
}

/** Takes held devices out of their groups. Until they join the ring again, each keeps the components that it has. */
export async function leaveHeldGroups(
  clients: CloudClients,
  ring: string,
  things: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  if (things.length === 0) return;
  for (const [group, members] of await heldGroups(clients, ring, signal)) {
    const leaving = members.filter((thing) => things.includes(thing));
    await inParallel(leaving, CHANGED_AT_ONCE, (thing) => leave(clients, group, thing, signal));
  }
}

export async function joinRing(
  clients: CloudClients,
  ring: string,
  things: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await inParallel(things, CHANGED_AT_ONCE, (thing) => join(clients, ring, thing, signal));
}

const MAX_GROUP_NAME = 128;

const ID_CHARACTERS = 8;

function heldName(ring: string, current: StoredDeployment | undefined): string {
  return `${heldPrefix(ring)}${current?.id.slice(0, ID_CHARACTERS) ?? 'none'}`;
}

function heldPrefix(ring: string): string {
  const middle = '-held-';
  return `${ring.slice(0, MAX_GROUP_NAME - middle.length - ID_CHARACTERS)}${middle}`;
}

async function keepDeployment(
  clients: CloudClients,
  group: string,
  { components, deploymentPolicies, iotJobConfiguration }: StoredDeployment,
  signal: AbortSignal,
): Promise<void> {
  const target = await findTarget(clients, { kind: 'group', name: group }, signal);
  const wanted = {
    deploymentName: group,
    components,
    ...(deploymentPolicies ? { deploymentPolicies } : {}),
    ...(iotJobConfiguration ? { iotJobConfiguration } : {}),
  };
  const plan = planExactly(target, await currentDeployment(clients, target, signal), wanted, {});
  await sendDeployment(clients, plan, signal);
}

async function join({ iot }: CloudClients, thingGroupName: string, thingName: string, signal: AbortSignal) {
  const command = new AddThingToThingGroupCommand({ thingGroupName, thingName });
  await awsCall(`AddThingToThingGroup ${thingName}`, iot.send(command, { abortSignal: signal }));
}

async function leave({ iot }: CloudClients, thingGroupName: string, thingName: string, signal: AbortSignal) {
  const command = new RemoveThingFromThingGroupCommand({ thingGroupName, thingName });
  await awsCall(`RemoveThingFromThingGroup ${thingName}`, iot.send(command, { abortSignal: signal }));
}
