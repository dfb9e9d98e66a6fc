import type { Clock } from '#packages/foundation';

import type { CloudClients } from '../clients.ts';
import { pollUntil } from '../poll.ts';
import { getDeployment } from './current-deployment.ts';
import type { StoredDeployment } from './current-deployment.ts';
import { deploymentStatus } from './device-status.ts';
import type { DeploymentStatus, DeviceFailure } from './device-status.ts';

export interface FollowOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** First pause between two looks. Default 2,000. */
  readonly everyMs?: number;
  /** One look at the deployment. Default: at every device. */
  readonly look?: (deployment: StoredDeployment) => Promise<DeploymentStatus>;
  readonly onStatus?: (status: DeploymentStatus) => void;
  /** Ends the wait early, e.g. when enough devices have it. Default: when all are done. */
  readonly isEnough?: (status: DeploymentStatus) => boolean;
}

/** Looks until every device is done (or `isEnough`), or the time is over; returns what it saw last. */
export async function followDeployment(
  clients: CloudClients,
  deploymentId: string,
  { clock, signal, timeoutMs, everyMs = 2_000, look, onStatus, isEnough }: FollowOptions,
): Promise<DeploymentStatus> {
  const failures = new Map<string, DeviceFailure>();
  let last: DeploymentStatus | undefined;
  await pollUntil({ clock, everyMs, maxEveryMs: 30_000, timeoutMs, signal }, async () => {
    const deployment = await getDeployment(clients, deploymentId, signal);
    last = await (look?.(deployment) ?? deploymentStatus(clients, deployment, signal, failures));
    onStatus?.(last);
    const isOver = last.isSettled || ['CANCELED', 'INACTIVE'].includes(deployment.status);
    return isOver || isEnough?.(last) ? last : undefined;
  });
  return last as DeploymentStatus;
}
