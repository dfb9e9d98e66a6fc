import { DescribeThingCommand, DescribeThingGroupCommand } from '@aws-sdk/client-iot';
import { awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { cloudErrors } from '../errors.ts';

/** The target of a deployment. */
export interface Target {
  readonly kind: 'thing' | 'group';
  readonly name: string;
  readonly arn: string;
}

/** @throws EdgeError `deploy.no-target` */
export async function findTarget(
  { iot, region }: CloudClients,
  { kind, name }: Pick<Target, 'kind' | 'name'>,
  signal: AbortSignal,
): Promise<Target> {
  const options = { abortSignal: signal };
  const arn =
    kind === 'thing'
      ? (await awsFind(`DescribeThing ${name}`, iot.send(new DescribeThingCommand({ thingName: name }), options)))
          ?.thingArn
      : (
          await awsFind(
            `DescribeThingGroup ${name}`,
            iot.send(new DescribeThingGroupCommand({ thingGroupName: name }), options),
          )
        )?.thingGroupArn;
  if (arn !== undefined) return { kind, name, arn };
  throw cloudErrors.error(
    'deploy.no-target',
    `there is no thing ${kind === 'group' ? 'group ' : ''}"${name}" in ${region}`,
  );
}

export function targetOfArn(arn: string): Target {
  const [kind, ...name] = arn.slice(arn.lastIndexOf(':') + 1).split('/');
  return { kind: kind === 'thing' ? 'thing' : 'group', name: name.join('/'), arn };
}

export function targetText({ kind, name }: Pick<Target, 'kind' | 'name'>): string {
  return `${kind === 'group' ? 'group' : 'thing'} ${name}`;
}
