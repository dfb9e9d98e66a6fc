import { DescribeJobCommand, ListJobExecutionsForJobCommand } from '@aws-sdk/client-iot';
import { awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { inParallel } from '../in-parallel.ts';
import type { StoredDeployment } from './current-deployment.ts';
import { failureOf } from './device-status.ts';
import type { DeviceStatus } from './device-status.ts';

/** How far the job of a deployment has come, as numbers. */
export interface JobCounts {
  /** By the states of its executions; those that are 0 are left out. */
  readonly counts: Readonly<Record<string, number>>;
  /** Devices that have been told. */
  readonly told: number;
  readonly failed: number;
  /** It tells no device any more. */
  readonly isOver: boolean;
}

const ASKED_AT_ONCE = 8;

/** One request, whatever the number of devices. */
export async function jobCounts(
  { iot }: Pick<CloudClients, 'iot'>,
  { jobId }: StoredDeployment,
  signal: AbortSignal,
): Promise<JobCounts> {
  const sent = iot.send(new DescribeJobCommand({ jobId: jobId ?? 'none' }), { abortSignal: signal });
  const job = jobId === undefined ? undefined : (await awsFind(`DescribeJob ${jobId}`, sent))?.job;
  const details = job?.jobProcessDetails ?? {};
  const all = {
    QUEUED: details.numberOfQueuedThings,
    IN_PROGRESS: details.numberOfInProgressThings,
    SUCCEEDED: details.numberOfSucceededThings,
    FAILED: details.numberOfFailedThings,
    REJECTED: details.numberOfRejectedThings,
    TIMED_OUT: details.numberOfTimedOutThings,
    CANCELED: details.numberOfCanceledThings,
    REMOVED: details.numberOfRemovedThings,
  };
  const counts = Object.fromEntries(
    Object.entries(all).flatMap(([name, count = 0]) => (count > 0 ? [[name, count]] : [])),
  );
  const sum = (names: readonly string[]): number => names.reduce((total, name) => total + (counts[name] ?? 0), 0);
  return {
    counts,
    told: sum(Object.keys(counts)),
    failed: sum(['FAILED', 'REJECTED', 'TIMED_OUT']),
    isOver: job?.status !== 'IN_PROGRESS' && job?.status !== 'SCHEDULED',
  };
}

/** The first devices on which a deployment failed, with what they say of it. */
export async function firstFailures(
  clients: CloudClients,
  deployment: StoredDeployment,
  limit: number,
  signal: AbortSignal,
): Promise<readonly DeviceStatus[]> {
  const { jobId } = deployment;
  if (jobId === undefined) return [];
  const found: DeviceStatus[] = [];
  for (const status of ['FAILED', 'REJECTED', 'TIMED_OUT'] as const) {
    if (found.length >= limit) break;
    const command = new ListJobExecutionsForJobCommand({ jobId, status, maxResults: limit - found.length });
    const sent = clients.iot.send(command, { abortSignal: signal });
    const answer = await awsFind(`ListJobExecutionsForJob ${deployment.id}`, sent);
    for (const { thingArn = '' } of answer?.executionSummaries ?? [])
      found.push({ thing: thingArn.slice(thingArn.indexOf('/') + 1), status });
  }
  return inParallel(found, ASKED_AT_ONCE, async (device) => ({
    ...device,
    failure: await failureOf(clients, deployment, device.thing, signal),
  }));
}
