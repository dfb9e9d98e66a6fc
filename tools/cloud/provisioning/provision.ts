import {
  AddThingToThingGroupCommand,
  AttachPolicyCommand,
  AttachThingPrincipalCommand,
  CreateKeysAndCertificateCommand,
  CreatePolicyCommand,
  CreateRoleAliasCommand,
  CreateThingCommand,
  CreateThingGroupCommand,
  DescribeRoleAliasCommand,
  DescribeThingCommand,
  DescribeThingGroupCommand,
  GetPolicyCommand,
} from '@aws-sdk/client-iot';
import { awsCall, awsFind } from '../aws-call.ts';
import type { IoTClient } from '@aws-sdk/client-iot';
import type { CloudClients } from '../clients.ts';
import { canonicalJson } from '../digest.ts';
import type { RequestView } from '../request-view.ts';
import { requestView } from '../request-view.ts';
import type { DeviceFolder, DeviceIdentity } from './device-files.ts';
import { devicePolicy } from './device-policy.ts';
import { cloudErrors } from '../errors.ts';
import { iotEndpoint } from './iot-endpoint.ts';
import { nucleusConfiguration } from './nucleus-configuration.ts';
import type { NucleusFacts } from './nucleus-configuration.ts';

export interface ProvisionOptions extends Pick<
  NucleusFacts,
  'deviceFolder' | 'user' | 'accelerator' | 'nucleusVersion'
> {
  readonly thingName: string;
  readonly group?: string;
  /** The device's own: it holds its name. */
  readonly policyName: string;
  readonly roleAlias: string;
  /** ARN of the role that devices take; its account is taken to be theirs. */
  readonly roleArn: string;
  readonly folder: DeviceFolder;
  readonly signal: AbortSignal;
  /** Nothing is changed; `onRequest` hears of every change that would be made. */
  readonly dryRun: boolean;
  readonly onRequest: (request: RequestView) => void;
}

export interface ProvisionedDevice {
  readonly thingName: string;
  readonly certificateArn: string;
  readonly folder: string;
  /** The resources that were created; empty if all existed. */
  readonly made: readonly string[];
}

/**
 * Makes a device known: group, role alias, policy, thing, certificate, and the files that its nucleus starts from. Existing
 * resources are kept; a run that was interrupted is repeated.
 *
 * @throws EdgeError `provision.differs`, `provision.other-device`, `provision.files`, `cloud.*`
 */
export async function provision(clients: CloudClients, options: ProvisionOptions): Promise<ProvisionedDevice> {
  const { thingName, folder } = options;
  const provisioning = new Provisioning(clients, options);
  const known = await folder.identity(thingName);
  if (options.group !== undefined) await provisioning.group(options.group);
  await provisioning.roleAlias();
  await provisioning.policy();
  await provisioning.thing();
  const identity = known ?? (await provisioning.certificate());
  await provisioning.attach(identity);
  if (options.group !== undefined) await provisioning.join(options.group);
  await provisioning.configuration();
  return { thingName, certificateArn: identity.certificateArn, folder: folder.folder, made: provisioning.made };
}

/** Any command of the client; its own type knows only one at a time. */
type IotCommand = { readonly input: object };
type SendableCommand = Parameters<IoTClient['send']>[0];

/** One run: every step looks first and changes only what is missing. */
class Provisioning {
  readonly made: string[] = [];
  readonly #clients: CloudClients;
  readonly #options: ProvisionOptions;

  constructor(clients: CloudClients, options: ProvisionOptions) {
    this.#clients = clients;
    this.#options = options;
  }

  async group(thingGroupName: string): Promise<void> {
    if (await this.#find(new DescribeThingGroupCommand({ thingGroupName }), thingGroupName)) return;
    await this.#make(new CreateThingGroupCommand({ thingGroupName }), `group ${thingGroupName}`);
  }

  async roleAlias(): Promise<void> {
    const { roleAlias, roleArn } = this.#options;
    const found = await this.#find(new DescribeRoleAliasCommand({ roleAlias }), roleAlias);
    const existing = (found as { roleAliasDescription?: { roleArn?: string } } | undefined)?.roleAliasDescription
      ?.roleArn;
    if (existing !== undefined && existing !== roleArn)
      throw cloudErrors.error(
        'provision.differs',
        `the role alias ${roleAlias} stands for ${existing}, not for ${roleArn}`,
      );
    if (existing === undefined)
      await this.#make(new CreateRoleAliasCommand({ roleAlias, roleArn }), `role alias ${roleAlias}`);
  }

  async policy(): Promise<void> {
    const { policyName, roleAlias, roleArn, thingName } = this.#options;
    const [, partition = '', , , account = ''] = roleArn.split(':');
    const { region } = this.#clients;
    const policyDocument = devicePolicy({ partition, region, account, roleAlias, thingName });
    const found = await this.#find(new GetPolicyCommand({ policyName }), policyName);
    const existing = (found as { policyDocument?: string } | undefined)?.policyDocument;
    if (existing === undefined)
      return this.#make(new CreatePolicyCommand({ policyName, policyDocument }), `policy ${policyName}`);
    if (canonicalJson(JSON.parse(existing)) === canonicalJson(JSON.parse(policyDocument))) return;
    throw cloudErrors.error(
      'provision.differs',
      `the policy ${policyName} says something else than this version of edgeml needs for ${thingName}`,
    );
  }

  async thing(): Promise<void> {
    const { thingName } = this.#options;
    if (await this.#find(new DescribeThingCommand({ thingName }), thingName)) return;
    await this.#make(new CreateThingCommand({ thingName }), `thing ${thingName}`);
  }

  async certificate(): Promise<DeviceIdentity> {
    const { thingName, folder, dryRun, onRequest, signal } = this.#options;
    const command = new CreateKeysAndCertificateCommand({ setAsActive: true });
    const identity = { thingName, certificateArn: '<certificateArn>', certificateId: '<certificateId>' };
    if (dryRun) {
      onRequest(requestView('iot', command));
      return identity;
    }
    const answer = await awsCall('CreateKeysAndCertificate', this.#clients.iot.send(command, { abortSignal: signal }));
    const { certificateArn = '', certificateId = '', certificatePem = '', keyPair } = answer;
    // The private key is told once: it is on the disk before anything else is done.
    await folder.saveKeys(
      { thingName, certificateArn, certificateId },
      { certificatePem, privateKey: keyPair?.PrivateKey ?? '' },
    );
    this.made.push('certificate');
    return { thingName, certificateArn, certificateId };
  }

  /** Attaching twice is the same as attaching once. */
  async attach({ certificateArn }: DeviceIdentity): Promise<void> {
    const { policyName, thingName } = this.#options;
    await this.#send(new AttachPolicyCommand({ policyName, target: certificateArn }));
    await this.#send(new AttachThingPrincipalCommand({ thingName, principal: certificateArn }));
  }

  async join(thingGroupName: string): Promise<void> {
    await this.#send(new AddThingToThingGroupCommand({ thingGroupName, thingName: this.#options.thingName }));
  }

  async configuration(): Promise<void> {
    const { thingName, roleAlias, folder, dryRun, signal } = this.#options;
    const { deviceFolder, user, accelerator, nucleusVersion } = this.#options;
    if (dryRun) return;
    const [dataEndpoint, credentialEndpoint] = await Promise.all([
      iotEndpoint(this.#clients, 'iot:Data-ATS', signal),
      iotEndpoint(this.#clients, 'iot:CredentialProvider', signal),
    ]);
    const facts = { thingName, region: this.#clients.region, roleAlias, dataEndpoint, credentialEndpoint };
    const own = { deviceFolder, user, nucleusVersion, ...(accelerator === undefined ? {} : { accelerator }) };
    await folder.saveNucleusConfiguration(nucleusConfiguration({ ...facts, ...own }));
  }

  async #find(command: IotCommand, name: string): Promise<object | undefined> {
    const sent = this.#clients.iot.send(command as SendableCommand, { abortSignal: this.#options.signal });
    return awsFind(`${requestView('iot', command).operation} ${name}`, sent);
  }

  async #make(command: IotCommand, what: string): Promise<void> {
    await this.#send(command);
    this.made.push(what);
  }

  async #send(command: IotCommand): Promise<void> {
    const view = requestView('iot', command);
    if (this.#options.dryRun) return this.#options.onRequest(view);
    const sent = this.#clients.iot.send(command as SendableCommand, { abortSignal: this.#options.signal });
    await awsCall(`${view.operation} ${this.#options.thingName}`, sent);
  }
}
