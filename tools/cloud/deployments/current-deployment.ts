import { GetDeploymentCommand, ListDeploymentsCommand } from '@aws-sdk/client-greengrassv2';
import type { DeploymentHistoryFilter, GetDeploymentResponse } from '@aws-sdk/client-greengrassv2';
import { awsCall } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { allPages, collect } from '../pages.ts';
import type { DeploymentSpecification } from './specification.ts';
import type { Target } from './target.ts';

/** A deployment as the cloud holds it. */
export interface StoredDeployment {
  readonly id: string;
  readonly name: string | undefined;
  readonly targetArn: string;
  readonly status: string;
  readonly jobId: string | undefined;
  readonly createdAt: number;
  readonly isLatest: boolean;
  readonly components: NonNullable<DeploymentSpecification['components']>;
  readonly deploymentPolicies: DeploymentSpecification['deploymentPolicies'];
  readonly iotJobConfiguration: DeploymentSpecification['iotJobConfiguration'];
  readonly tags: Readonly<Record<string, string>>;
}

/** The deployment that the target has now; undefined if it never had one. */
export async function currentDeployment(
  clients: CloudClients,
  target: Pick<Target, 'arn'>,
  signal: AbortSignal,
): Promise<StoredDeployment | undefined> {
  const [latest] = await deploymentIds(clients, target, 'LATEST_ONLY', signal);
  return latest === undefined ? undefined : getDeployment(clients, latest, signal);
}

/** Ids of all deployments of a target, newest first. */
export async function deploymentIds(
  { greengrass }: CloudClients,
  { arn }: Pick<Target, 'arn'>,
  historyFilter: DeploymentHistoryFilter,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const listed = allPages(async (nextToken) => {
    const command = new ListDeploymentsCommand({ targetArn: arn, historyFilter, maxResults: 100, nextToken });
    const answer = await awsCall(`ListDeployments ${arn}`, greengrass.send(command, { abortSignal: signal }));
    return { items: answer.deployments, nextToken: answer.nextToken };
  });
  const time = (at: Date | undefined): number => at?.getTime() ?? 0;
  return [...(await collect(listed))]
    .sort((a, b) => time(b.creationTimestamp) - time(a.creationTimestamp))
    .flatMap(({ deploymentId }) => deploymentId ?? []);
}

export async function getDeployment(
  { greengrass }: CloudClients,
  deploymentId: string,
  signal: AbortSignal,
): Promise<StoredDeployment> {
  const command = new GetDeploymentCommand({ deploymentId });
  const found = await awsCall(`GetDeployment ${deploymentId}`, greengrass.send(command, { abortSignal: signal }));
  return {
    id: deploymentId,
    name: found.deploymentName,
    targetArn: found.targetArn ?? '',
    status: found.deploymentStatus ?? 'ACTIVE',
    jobId: found.iotJobId,
    createdAt: found.creationTimestamp?.getTime() ?? 0,
    isLatest: found.isLatestForTarget ?? false,
    components: (found.components ?? {}) as StoredDeployment['components'],
    ...policiesOf(found),
    tags: found.tags ?? {},
  };
}

/** The cloud has already checked the deployment that it holds. */
function policiesOf(
  found: GetDeploymentResponse,
): Pick<StoredDeployment, 'deploymentPolicies' | 'iotJobConfiguration'> {
  return {
    deploymentPolicies: found.deploymentPolicies,
    iotJobConfiguration: found.iotJobConfiguration as StoredDeployment['iotJobConfiguration'],
  };
}
