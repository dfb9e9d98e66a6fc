import { DeleteCoreDeviceCommand } from '@aws-sdk/client-greengrassv2';
import {
  DeleteCertificateCommand,
  DeletePolicyCommand,
  DeleteThingCommand,
  DescribeThingCommand,
  DetachPolicyCommand,
  DetachThingPrincipalCommand,
  ListAttachedPoliciesCommand,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot';
import { awsErrorCode, awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { allPages, collect } from '../pages.ts';
import type { RequestView } from '../request-view.ts';
import { requestView } from '../request-view.ts';
import type { DeviceFolder } from './device-files.ts';
import { cloudErrors } from '../errors.ts';

export interface DeprovisionOptions {
  readonly thingName: string;
  /** The device's own, as provision made it; it is deleted. */
  readonly policyName: string;
  readonly folder: DeviceFolder;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly onRequest: (request: RequestView) => void;
}

/**
 * Takes everything away that is the device's alone, its certificate first, so that it cannot come back half-way. Other policies of
 * the certificate are detached; they, the role alias and groups are kept. Parts that are gone already do no harm.
 *
 * @throws EdgeError `provision.unknown-certificate`, `cloud.*`
 */
export async function deprovision({ greengrass, iot }: CloudClients, options: DeprovisionOptions): Promise<void> {
  const { thingName, policyName, folder, signal, dryRun, onRequest } = options;
  const sent = { abortSignal: signal };
  const identity = await folder.identity(thingName);
  const thing = await awsFind(`DescribeThing ${thingName}`, iot.send(new DescribeThingCommand({ thingName }), sent));
  if (!identity && thing) {
    const message = `${folder.folder} does not tell which certificate ${thingName} has`;
    throw cloudErrors.error('provision.unknown-certificate', message);
  }
  if (identity) {
    const { certificateArn, certificateId } = identity;
    const attached = await attachedPolicies(iot, certificateArn, signal);
    const commands = [
      new UpdateCertificateCommand({ certificateId, newStatus: 'INACTIVE' }),
      ...attached.map((name) => new DetachPolicyCommand({ policyName: name, target: certificateArn })),
      new DetachThingPrincipalCommand({ thingName, principal: certificateArn }),
      new DeleteCertificateCommand({ certificateId }),
    ] as const;
    for (const command of commands) {
      const view = requestView('iot', command);
      if (dryRun) onRequest(view);
      else await awsFind(`${view.operation} ${thingName}`, iot.send(command as (typeof commands)[0], sent));
    }
  }
  const core = new DeleteCoreDeviceCommand({ coreDeviceThingName: thingName });
  const last = [new DeletePolicyCommand({ policyName }), new DeleteThingCommand({ thingName })] as const;
  if (dryRun) {
    onRequest(requestView('greengrassv2', core));
    for (const command of last) onRequest(requestView('iot', command));
    return;
  }
  await awsFind(`DeleteCoreDevice ${thingName}`, greengrass.send(core, sent));
  const isShared = (thrown: unknown): undefined => {
    // A policy that other certificates have, too, is not this device's alone.
    if (awsErrorCode(thrown) !== 'DeleteConflictException') throw thrown;
  };
  await awsFind(`DeletePolicy ${policyName}`, iot.send(last[0], sent).catch(isShared));
  await awsFind(`DeleteThing ${thingName}`, iot.send(last[1], sent));
  await folder.remove();
}

async function attachedPolicies(iot: CloudClients['iot'], target: string, signal: AbortSignal): Promise<string[]> {
  const listed = allPages(async (marker) => {
    const command = new ListAttachedPoliciesCommand({ target, marker });
    const answer = await awsFind(`ListAttachedPolicies ${target}`, iot.send(command, { abortSignal: signal }));
    return { items: answer?.policies, nextToken: answer?.nextMarker };
  });
  return (await collect(listed)).flatMap(({ policyName = '' }) => policyName);
}
