import type { NucleusClient } from './nucleus-client.ts';

/** The outcome of a local deployment. */
export interface DeploymentReport {
  readonly deploymentId: string;
  readonly status: string;
  /** e.g. `FAILED_ROLLBACK_COMPLETE`. */
  readonly detail?: string;
  readonly cause?: string;
}

/** The newest local deployment; undefined if there was none. */
export async function lastDeployment(client: NucleusClient): Promise<DeploymentReport | undefined> {
  const { localDeployments = [] } = await client.call('listing deployments', client.sdk.listLocalDeployments({}));
  const newest = [...localDeployments].sort((a, b) => sortKey(a.createdOn) - sortKey(b.createdOn)).at(-1);
  return newest && deploymentStatus(client, newest.deploymentId);
}

export async function deploymentStatus(client: NucleusClient, deploymentId: string): Promise<DeploymentReport> {
  const { deployment } = await client.call(
    `status of deployment ${deploymentId}`,
    client.sdk.getLocalDeploymentStatus({ deploymentId }),
  );
  const details = deployment.deploymentStatusDetails;
  return {
    deploymentId,
    status: String(deployment.status),
    ...(details?.detailedDeploymentStatus ? { detail: String(details.detailedDeploymentStatus) } : {}),
    ...(details?.deploymentFailureCause === undefined ? {} : { cause: details.deploymentFailureCause }),
  };
}

/** `22-07-2026 13:45:12 UTC` as a time; 0 for anything else, so that the list's own order decides. */
function sortKey(createdOn: string | undefined): number {
  const match = /^(\d\d)-(\d\d)-(\d{4}) (\d\d:\d\d:\d\d)/.exec(createdOn ?? '');
  return match ? Date.parse(`${match[3]}-${match[2]}-${match[1]}T${match[4]}Z`) : 0;
}
