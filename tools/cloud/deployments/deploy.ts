import { CreateDeploymentCommand } from '@aws-sdk/client-greengrassv2';
import type { CreateDeploymentCommandInput } from '@aws-sdk/client-greengrassv2';
import { awsCall } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { canonicalJson, textDigest } from '../digest.ts';
import { checkComponents } from './check-components.ts';
import { currentDeployment } from './current-deployment.ts';
import type { StoredDeployment } from './current-deployment.ts';
import { mergeDeployment } from './merge-deployment.ts';
import type { DeploymentChange } from './merge-deployment.ts';
import type { DeploymentSpecification } from './specification.ts';
import type { Target } from './target.ts';

export interface DeployOptions {
  readonly signal: AbortSignal;
  readonly tags?: Readonly<Record<string, string>>;
  /** Deploy even if the target has all of it already. */
  readonly force?: boolean;
}

export interface DeploymentPlan {
  readonly target: Target;
  readonly current: StoredDeployment | undefined;
  /** Undefined if the target has all of it already. */
  readonly create: CreateDeploymentCommand | undefined;
}

/** Merges a change with what the target has. Sends nothing but questions. */
export async function planDeployment(
  clients: CloudClients,
  target: Target,
  change: DeploymentChange,
  options: DeployOptions,
): Promise<DeploymentPlan> {
  const current = await currentDeployment(clients, target, options.signal);
  const wanted = mergeDeployment(current, change);
  await checkComponents(clients, wanted.components, options.signal);
  return planExactly(target, current, wanted, options);
}

/** The same for a whole specification: nothing is merged. */
export function planExactly(
  target: Target,
  current: StoredDeployment | undefined,
  wanted: DeploymentSpecification,
  { tags, force = false }: Pick<DeployOptions, 'tags' | 'force'>,
): DeploymentPlan {
  if (!force && current && isSame(current, wanted)) return { target, current, create: undefined };
  const input: CreateDeploymentCommandInput = {
    targetArn: target.arn,
    ...(wanted as Partial<CreateDeploymentCommandInput>),
    ...(tags ? { tags: { ...tags } } : {}),
  };
  // The same change of the same state gives the same token: a repeated request makes no second deployment.
  const clientToken = textDigest(canonicalJson([current?.id ?? null, input])).hex;
  return { target, current, create: new CreateDeploymentCommand({ ...input, clientToken }) };
}

/** Sends a plan. Returns the id of the deployment that the target has then. */
export async function sendDeployment(
  { greengrass }: CloudClients,
  { target, current, create }: DeploymentPlan,
  signal: AbortSignal,
): Promise<string> {
  if (!create) return current?.id ?? '';
  const { deploymentId } = await awsCall(
    `CreateDeployment ${target.name}`,
    greengrass.send(create, { abortSignal: signal }),
  );
  return deploymentId ?? '';
}

function isSame(current: StoredDeployment, wanted: DeploymentSpecification): boolean {
  const parts = ({
    components,
    deploymentPolicies,
    iotJobConfiguration,
  }: DeploymentSpecification | StoredDeployment): string =>
    canonicalJson([components, deploymentPolicies ?? {}, iotJobConfiguration ?? {}]);
  return current.status !== 'CANCELED' && current.status !== 'FAILED' && parts(current) === parts(wanted);
}
