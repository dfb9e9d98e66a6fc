import type { CloudClients } from '../clients.ts';
import { findFleetIndex } from '../fleet/index/fleet-index.ts';
import { inGroup, textOf } from '../fleet/index/query.ts';
import type { StoredDeployment } from './current-deployment.ts';
import { UNSETTLED } from './device-status.ts';
import type { DeploymentStatus } from './device-status.ts';
import { firstFailures, jobCounts } from './job-counts.ts';
import { targetOfArn } from './target.ts';

/** Groups up to this size are read device by device, in one or two pages. */
const SMALL_GROUP = 250;
const NAMED = 40;

/** A look at a deployment by counts, for a group that is too large to be read; undefined for others, and without a fleet index. */
export async function countedLook(
  clients: CloudClients,
  { targetArn }: StoredDeployment,
  signal: AbortSignal,
): Promise<((deployment: StoredDeployment) => Promise<DeploymentStatus>) | undefined> {
  const { kind, name } = targetOfArn(targetArn);
  const index = kind === 'group' ? await findFleetIndex(clients, signal) : undefined;
  if (!index || (await index.count(textOf(inGroup(name)))) <= SMALL_GROUP) return undefined;
  return async (deployment) => {
    const members = await index.count(textOf(inGroup(name)));
    const { counts: told, told: known, failed, isOver } = await jobCounts(clients, deployment, signal);
    const untold = Math.max(0, members - known);
    const left = isOver ? 'CANCELED' : 'PENDING';
    const counts = untold === 0 ? told : { ...told, [left]: (told[left] ?? 0) + untold };
    return {
      deployment,
      devices: failed === 0 ? [] : await firstFailures(clients, deployment, NAMED, signal),
      total: known + untold,
      counts,
      isSettled: !UNSETTLED.some((status) => counts[status]),
    };
  };
}
