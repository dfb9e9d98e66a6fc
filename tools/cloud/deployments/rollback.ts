import type { CloudClients } from '../clients.ts';
import { canonicalJson } from '../digest.ts';
import { currentDeployment, deploymentIds, getDeployment } from './current-deployment.ts';
import type { StoredDeployment } from './current-deployment.ts';
import { planExactly } from './deploy.ts';
import type { DeploymentPlan } from './deploy.ts';
import { cloudErrors } from '../errors.ts';
import { targetText } from './target.ts';
import type { Target } from './target.ts';

/** Tag of a deployment that restores an earlier one: its id. A further rollback continues from there, further back. */
const RESTORES_TAG = 'edgeml:restores';

export interface RollbackPlan extends DeploymentPlan {
  readonly restores: StoredDeployment;
}

/**
 * The deployment that gives the target the components, configuration updates and policies of the one before, or of `to`.
 * Canceled and failed ones are passed over, and those that hold the same components.
 *
 * @throws EdgeError `deploy.no-deployment`, `deploy.nothing-before`
 */
export async function planRollback(
  clients: CloudClients,
  target: Target,
  { to, signal }: { readonly to?: string; readonly signal: AbortSignal },
): Promise<RollbackPlan> {
  const current = await currentDeployment(clients, target, signal);
  if (!current) throw cloudErrors.error('deploy.no-deployment', `${targetText(target)} has no deployment`);
  const restores =
    to === undefined ? await before(clients, target, current, signal) : await getDeployment(clients, to, signal);
  if (!restores || restores.targetArn !== target.arn) {
    const message = to === undefined ? 'had nothing else before' : `never had the deployment ${to}`;
    throw cloudErrors.error('deploy.nothing-before', `${targetText(target)} ${message}`);
  }
  const { name, components, deploymentPolicies, iotJobConfiguration } = restores;
  const wanted = {
    ...(name === undefined ? {} : { deploymentName: name }),
    components,
    ...(deploymentPolicies ? { deploymentPolicies } : {}),
    ...(iotJobConfiguration ? { iotJobConfiguration } : {}),
  };
  const tags = { [RESTORES_TAG]: restores.id };
  return { ...planExactly(target, current, wanted, { tags, force: true }), restores };
}

async function before(
  clients: CloudClients,
  target: Target,
  current: StoredDeployment,
  signal: AbortSignal,
): Promise<StoredDeployment | undefined> {
  const position = current.tags[RESTORES_TAG] ?? current.id;
  const ids = await deploymentIds(clients, target, 'ALL', signal);
  for (const id of ids.slice(ids.indexOf(position) + 1)) {
    const candidate = await getDeployment(clients, id, signal);
    const isSame = canonicalJson(candidate.components) === canonicalJson(current.components);
    if (!isSame && !['CANCELED', 'FAILED'].includes(candidate.status) && !candidate.tags[RESTORES_TAG])
      return candidate;
  }
  return undefined;
}
