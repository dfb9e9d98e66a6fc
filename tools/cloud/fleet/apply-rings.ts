import {
  AddThingToThingGroupCommand,
  CreateThingGroupCommand,
  DescribeThingGroupCommand,
  RemoveThingFromThingGroupCommand,
} from '@aws-sdk/client-iot';
import { awsCall, awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { inParallel } from '../in-parallel.ts';
import { membersOf } from './fleet-devices.ts';

export interface RingChange {
  readonly group: string;
  readonly created: boolean;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly members: number;
}

const CHANGED_AT_ONCE = 8;

/** Changes the groups so that they hold exactly these devices. With `dryRun` it only says so. */
export async function applyRings(
  clients: CloudClients,
  rings: ReadonlyMap<string, readonly string[]>,
  { signal, dryRun }: { readonly signal: AbortSignal; readonly dryRun: boolean },
): Promise<readonly RingChange[]> {
  const { iot } = clients;
  const sent = { abortSignal: signal };
  const changes: RingChange[] = [];
  for (const [group, wanted] of rings) {
    const describe = new DescribeThingGroupCommand({ thingGroupName: group });
    const exists = await awsFind(`DescribeThingGroup ${group}`, iot.send(describe, sent));
    const now = exists ? await membersOf(clients, { name: group }, signal, false) : [];
    const added = wanted.filter((name) => !now.includes(name));
    const removed = now.filter((name) => !wanted.includes(name));
    changes.push({ group, created: !exists, added, removed, members: wanted.length });
  }
  if (dryRun) return changes;
  for (const { group } of changes.filter(({ created }) => created)) {
    const command = new CreateThingGroupCommand({ thingGroupName: group });
    await awsCall(`CreateThingGroup ${group}`, iot.send(command, sent));
  }
  // Out before in: no device is ever in two rings, where two versions of a component would clash.
  for (const { group: thingGroupName, removed } of changes)
    await inParallel(removed, CHANGED_AT_ONCE, async (thingName) => {
      const command = new RemoveThingFromThingGroupCommand({ thingGroupName, thingName });
      await awsCall(`RemoveThingFromThingGroup ${thingName}`, iot.send(command, sent));
    });
  for (const { group: thingGroupName, added } of changes)
    await inParallel(added, CHANGED_AT_ONCE, async (thingName) => {
      const command = new AddThingToThingGroupCommand({ thingGroupName, thingName });
      await awsCall(`AddThingToThingGroup ${thingName}`, iot.send(command, sent));
    });
  return changes;
}
