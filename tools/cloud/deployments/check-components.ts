import { DescribeComponentCommand } from '@aws-sdk/client-greengrassv2';
import { closest } from '#packages/foundation';
import { awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { partitionOf } from '../partition.ts';
import { inParallel } from '../in-parallel.ts';
import { componentArns } from '../publishing/published-version.ts';
import { cloudErrors } from '../errors.ts';
import type { DeploymentSpecification } from './specification.ts';

/**
 * Every component version of a deployment must be deployable: own ones of this account, `aws.…` of AWS. Otherwise each device
 * would find out by itself, and fail.
 *
 * @throws EdgeError `deploy.unknown-component`
 */
export async function checkComponents(
  clients: CloudClients,
  components: DeploymentSpecification['components'],
  signal: AbortSignal,
): Promise<void> {
  const own = await componentArns(clients, signal);
  await inParallel(Object.entries(components), 4, async ([name, { componentVersion }]) => {
    const arn =
      own.get(name) ?? `arn:${partitionOf(clients.region)}:greengrass:${clients.region}:aws:components:${name}`;
    const isOurs = own.has(name);
    if (!isOurs && !/^aws\.[a-z]/.test(name)) throw unknown(name, componentVersion, closest(name, own.keys()));
    const command = new DescribeComponentCommand({ arn: `${arn}:versions:${componentVersion}` });
    const found = await awsFind(
      `DescribeComponent ${name} ${componentVersion}`,
      clients.greengrass.send(command, { abortSignal: signal }),
    );
    const state = found?.status?.componentState;
    // A version that AWS has deprecated still runs where it runs.
    if (state === 'DEPLOYABLE' || state === 'DEPRECATED') return;
    throw unknown(name, componentVersion, undefined, state);
  });
}

function unknown(name: string, version: string, nearest: string | undefined, state?: string) {
  const reason = state === undefined ? 'does not exist' : `is ${state}, not deployable`;
  const guess = nearest === undefined ? '' : `; did you mean ${nearest}?`;
  return cloudErrors.error('deploy.unknown-component', `${name} ${version} ${reason}${guess}`, {
    facts: { component: name, version },
  });
}
