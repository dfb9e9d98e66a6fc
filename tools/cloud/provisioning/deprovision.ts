import { DeleteCoreDeviceCommand } from '@aws-sdk/client-greengrassv2';
import {
  DeleteCertificateCommand,
  DeleteThingCommand,
  DescribeThingCommand,
  DetachPolicyCommand,
  DetachThingPrincipalCommand,
  UpdateCertificateCommand,
} from '@aws-sdk/client-iot';
import { awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import type { RequestView } from '../request-view.ts';
import { requestView } from '../request-view.ts';
import type { DeviceFolder } from './device-files.ts';
import { cloudErrors } from '../errors.ts';

export interface DeprovisionOptions {
  readonly thingName: string;
  readonly policyName: string;
  readonly folder: DeviceFolder;
  readonly signal: AbortSignal;
  readonly dryRun: boolean;
  readonly onRequest: (request: RequestView) => void;
}

/**
 * Takes everything away that is the device's alone, its certificate first, so that it cannot come back half-way. Policy, role
 * alias and groups are shared and stay. What is gone already does no harm.
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
    const commands = [
      new UpdateCertificateCommand({ certificateId, newStatus: 'INACTIVE' }),
      new DetachPolicyCommand({ policyName, target: certificateArn }),
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
  const last = new DeleteThingCommand({ thingName });
  if (dryRun) {
    onRequest(requestView('greengrassv2', core));
    return onRequest(requestView('iot', last));
  }
  await awsFind(`DeleteCoreDevice ${thingName}`, greengrass.send(core, sent));
  await awsFind(`DeleteThing ${thingName}`, iot.send(last, sent));
  await folder.remove();
}
