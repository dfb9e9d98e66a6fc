import * as z from 'zod';

import type { NucleusPort } from '../../ports.ts';
import { Fault, notFound } from '../fault.ts';
import { operation } from '../operation.ts';
import type { Call } from '../operation.ts';

const CLI = 'aws.greengrass.Cli';
const RESOURCE_TYPE = 'LocalDeployment';
const one = z.object({ deploymentId: z.string().nullish() });
type Deployment = ReturnType<NucleusPort['deployments']>[number];

export const getLocalDeploymentStatus = operation<z.infer<typeof one>>({
  name: 'GetLocalDeploymentStatus',
  request: one,
  onLite: false,
  handle(request, call) {
    const deploymentId = requireUuid(request.deploymentId);
    call.authorize(CLI, deploymentId);
    const deployment = find(deploymentId, call);
    if (!deployment) throw notFound(RESOURCE_TYPE, deploymentId, 'Cannot find deployment');
    return { deployment: { ...summaryOf(deployment), ...detailsOf(deployment) } };
  },
});

export const listLocalDeployments = operation({
  name: 'ListLocalDeployments',
  request: z.unknown(),
  onLite: false,
  handle(_request, call) {
    call.authorize(CLI, '*');
    return { localDeployments: call.nucleus.deployments().map(summaryOf) };
  },
});

export const cancelLocalDeployment = operation<z.infer<typeof one>>({
  name: 'CancelLocalDeployment',
  request: one,
  onLite: false,
  handle(request, call) {
    const deploymentId = requireUuid(request.deploymentId);
    call.authorize(CLI, '*');
    if (!find(deploymentId, call)) {
      throw notFound(RESOURCE_TYPE, deploymentId, `Cannot find the deployment id provided ${deploymentId}`);
    }
    if (!call.nucleus.cancelLocalDeployment(deploymentId)) {
      return { message: 'Cancellation request is not processed because deployment is already finished' };
    }
    return { message: `Cancel request submitted. Deployment ID: ${deploymentId}` };
  },
});

function requireUuid(deploymentId: string | null | undefined): string {
  if (z.guid().safeParse(deploymentId).success) return deploymentId as string;
  throw new Fault('InvalidArgumentsError', 'Invalid deploymentId format received. DeploymentId is a UUID');
}

function find(deploymentId: string, call: Call): Deployment | undefined {
  return call.nucleus.deployments().find((deployment) => deployment.deploymentId === deploymentId);
}

function summaryOf({ deploymentId, status, createdOn }: Deployment): object {
  return { deploymentId, status, createdOn: formatCreatedOn(createdOn) };
}

/** Detailed states that the IPC model knows; others are left out, as the nucleus does. */
const modeled = new Set([
  'SUCCESSFUL',
  'FAILED_NO_STATE_CHANGE',
  'FAILED_ROLLBACK_NOT_REQUESTED',
  'FAILED_ROLLBACK_COMPLETE',
  'REJECTED',
]);

function detailsOf({ detailedStatus, error }: Deployment): object {
  const details = {
    ...(detailedStatus !== undefined && modeled.has(detailedStatus)
      ? { detailedDeploymentStatus: detailedStatus }
      : {}),
    ...(error === undefined ? {} : { deploymentFailureCause: error }),
  };
  return Object.keys(details).length > 0 ? { deploymentStatusDetails: details } : {};
}

/** `22-07-2026 13:45:12 UTC`. */
function formatCreatedOn(epochMs: number): string {
  const [date = '', time = ''] = new Date(epochMs).toISOString().split('T');
  return `${date.split('-').reverse().join('-')} ${time.slice(0, 8)} UTC`;
}
