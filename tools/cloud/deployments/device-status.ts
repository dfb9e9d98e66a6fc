import { ListEffectiveDeploymentsCommand, ListInstalledComponentsCommand } from '@aws-sdk/client-greengrassv2';
import { DescribeJobCommand, ListJobExecutionsForJobCommand } from '@aws-sdk/client-iot';
import { awsCall, awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { membersOf } from '../fleet/fleet-devices.ts';
import { inParallel } from '../in-parallel.ts';
import { allPages, collect } from '../pages.ts';
import type { StoredDeployment } from './current-deployment.ts';
import { targetOfArn } from './target.ts';

export interface DeviceStatus {
  readonly thing: string;
  /**
   * QUEUED, IN_PROGRESS, SUCCEEDED, FAILED, TIMED_OUT, REJECTED, REMOVED, CANCELED; a queued device has not called in yet. PENDING: a
   * rollout rate has not reached it.
   */
  readonly status: string;
  /** When it last said so, milliseconds since the epoch. */
  readonly updatedAt?: number;
  readonly failure?: DeviceFailure;
}

export interface DeviceFailure {
  readonly component?: string;
  readonly version?: string;
  /** Lifecycle state of the component, e.g. BROKEN. */
  readonly state?: string;
  readonly reason: string;
  /** Error codes of the nucleus, outermost first. */
  readonly errors: readonly string[];
}

export interface DeploymentStatus {
  readonly deployment: StoredDeployment;
  readonly devices: readonly DeviceStatus[];
  /** Devices altogether, if `devices` names only those that failed first. Default: all are named. */
  readonly total?: number;
  readonly counts: Readonly<Record<string, number>>;
  /** The rollout has come to every device, and none is queued or at work. */
  readonly isSettled: boolean;
}

const FAILURES = ['FAILED', 'TIMED_OUT', 'REJECTED'];
export const UNSETTLED = ['PENDING', 'QUEUED', 'IN_PROGRESS'];
const ASKED_AT_ONCE = 8;

export function isFailure({ status }: DeviceStatus): boolean {
  return FAILURES.includes(status);
}

/**
 * The outcome of a deployment on every device. The members of its group and the executions of its job give the roster in a few pages,
 * however large the fleet; only devices that failed are asked one by one, and once: `known` are failures found before.
 */
export async function deploymentStatus(
  clients: CloudClients,
  deployment: StoredDeployment,
  signal: AbortSignal,
  known: Map<string, DeviceFailure> = new Map(),
): Promise<DeploymentStatus> {
  const executions = await rosterOf(clients, deployment, signal);
  const failed = executions.filter((one) => isFailure(one) && !known.has(one.thing));
  await inParallel(failed, ASKED_AT_ONCE, async ({ thing }) => {
    known.set(thing, await failureOf(clients, deployment, thing, signal));
  });
  const devices = executions.map((device) => {
    const failure = isFailure(device) ? known.get(device.thing) : undefined;
    return failure ? { ...device, failure } : device;
  });
  const counts: Record<string, number> = {};
  for (const { status } of devices) counts[status] = (counts[status] ?? 0) + 1;
  return { deployment, devices, counts, isSettled: !UNSETTLED.some((status) => counts[status]) };
}

/**
 * A job tells its devices at the rate of its rollout, and has executions only for those that were told: the others are members of the
 * group without one. A job that was canceled tells nobody any more.
 */
async function rosterOf(
  clients: CloudClients,
  deployment: StoredDeployment,
  signal: AbortSignal,
): Promise<readonly DeviceStatus[]> {
  const { kind, name } = targetOfArn(deployment.targetArn);
  // Members first: one that is told in between is in the executions.
  const members = kind === 'group' ? await membersOf(clients, { name }, signal) : [];
  const executions = await executionsOf(clients, deployment, signal);
  const told = new Set(executions.map(({ thing }) => thing));
  const untold = members.filter((thing) => !told.has(thing));
  if (untold.length === 0 || deployment.jobId === undefined) return executions;
  const status = (await isJobOver(clients, deployment.jobId, signal)) ? 'CANCELED' : 'PENDING';
  return [...executions, ...untold.map((thing) => ({ thing, status }))].sort((a, b) => (a.thing < b.thing ? -1 : 1));
}

/** A job that has ended, or has told all its devices, will tell no more. */
async function isJobOver({ iot }: CloudClients, jobId: string, signal: AbortSignal): Promise<boolean> {
  const command = new DescribeJobCommand({ jobId });
  const job = (await awsFind(`DescribeJob ${jobId}`, iot.send(command, { abortSignal: signal })))?.job;
  return job?.status !== 'IN_PROGRESS' && job?.status !== 'SCHEDULED';
}

async function executionsOf({ iot }: CloudClients, { id, jobId }: StoredDeployment, signal: AbortSignal) {
  if (jobId === undefined) return [];
  const listed = allPages(async (nextToken) => {
    const command = new ListJobExecutionsForJobCommand({ jobId, maxResults: 250, nextToken });
    const answer = await awsFind(`ListJobExecutionsForJob ${id}`, iot.send(command, { abortSignal: signal }));
    return { items: answer?.executionSummaries, nextToken: answer?.nextToken };
  });
  const executions = (await collect(listed)).map(({ thingArn = '', jobExecutionSummary }) => ({
    thing: thingArn.slice(thingArn.indexOf('/') + 1),
    status: jobExecutionSummary?.status ?? 'QUEUED',
    ...(jobExecutionSummary?.lastUpdatedAt ? { updatedAt: jobExecutionSummary.lastUpdatedAt.getTime() } : {}),
  }));
  return executions.sort((a, b) => (a.thing < b.thing ? -1 : 1));
}

/** A device's reason for a deployment that failed there. */
export async function failureOf(
  { greengrass }: CloudClients,
  { id, components }: StoredDeployment,
  thing: string,
  signal: AbortSignal,
): Promise<DeviceFailure> {
  const options = { abortSignal: signal };
  const effective = allPages(async (nextToken) => {
    const command = new ListEffectiveDeploymentsCommand({ coreDeviceThingName: thing, maxResults: 100, nextToken });
    const answer = await awsCall(`ListEffectiveDeployments ${thing}`, greengrass.send(command, options));
    return { items: answer.effectiveDeployments, nextToken: answer.nextToken };
  });
  const installed = allPages(async (nextToken) => {
    const command = new ListInstalledComponentsCommand({ coreDeviceThingName: thing, maxResults: 100, nextToken });
    const answer = await awsCall(`ListInstalledComponents ${thing}`, greengrass.send(command, options));
    return { items: answer.installedComponents, nextToken: answer.nextToken };
  });
  const own = (await collect(effective)).find(({ deploymentId }) => deploymentId === id);
  const broken = (await collect(installed)).find(({ lifecycleState }) =>
    ['ERRORED', 'BROKEN'].includes(lifecycleState ?? ''),
  );
  // After a rollback all run again: then the reason alone names the component.
  const reason = [own?.reason, broken?.lifecycleStateDetails].filter((text) => text).join(': ');
  const named = Object.keys(components).find((name) => reason.includes(name));
  const component = broken?.componentName ?? named;
  const version = broken?.componentVersion ?? (named === undefined ? undefined : components[named]?.componentVersion);
  return {
    ...(component === undefined ? {} : { component }),
    ...(version === undefined ? {} : { version }),
    ...(broken?.lifecycleState === undefined ? {} : { state: broken.lifecycleState }),
    reason: reason || 'the device gave no reason',
    errors: own?.statusDetails?.errorStack ?? [],
  };
}
