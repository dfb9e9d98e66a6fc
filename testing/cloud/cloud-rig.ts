import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectCloud } from '../../tools/cloud/clients.ts';
import type { CloudClients } from '../../tools/cloud/clients.ts';
import { planDeployment, sendDeployment } from '../../tools/cloud/deployments/deploy.ts';
import type { DeploymentChange } from '../../tools/cloud/deployments/merge-deployment.ts';
import { findTarget } from '../../tools/cloud/deployments/target.ts';
import { TEST_KEYS } from '../object-store/s3-keys.ts';
import { startAwsStandIn } from './aws-stand-in.ts';
import type { AwsStandIn } from './aws-stand-in.ts';

const { signal } = new AbortController();

/** An account with a fleet, the clients of our commands, and a folder for the files of a test. */
export class CloudRig {
  readonly aws: AwsStandIn;
  readonly clients: CloudClients;
  readonly folder: string;

  private constructor(aws: AwsStandIn, clients: CloudClients, folder: string) {
    this.aws = aws;
    this.clients = clients;
    this.folder = folder;
  }

  static async open(...buckets: readonly string[]): Promise<CloudRig> {
    const folder = await mkdtemp(path.join(tmpdir(), 'edgeml-cloud-'));
    const aws = await startAwsStandIn(...buckets);
    return new CloudRig(
      aws,
      await connectCloud({ region: 'us-east-1', endpoint: aws.url, credentials: TEST_KEYS }),
      folder,
    );
  }

  at(name: string): string {
    return path.join(this.folder, name);
  }

  /** A thing group with devices `<group>-1` and so on. */
  addGroup(group: string, count: number): void {
    for (let number = 1; number <= count; number++) this.aws.fleet.addThing(`${group}-${number}`, group);
  }

  /** Deploys as `edgeml deploy` does. @returns the id of the deployment */
  async deploy(
    group: string,
    versions: Readonly<Record<string, string>>,
    more: Omit<DeploymentChange, 'components'> = {},
  ): Promise<string> {
    const target = await findTarget(this.clients, { kind: 'group', name: group }, signal);
    const change = { components: componentsOf(versions), ...more };
    return sendDeployment(this.clients, await planDeployment(this.clients, target, change, { signal }), signal);
  }

  /** The version that the last deployment of a group names. */
  deployedTo(group: string, component: string): string | undefined {
    const { fleet } = this.aws;
    const last = fleet.deployments.findLast(({ targetArn }) => targetArn === fleet.arn('thinggroup', group));
    return versionIn(last?.input, component);
  }

  /** The version that a device has been told to install, done or not. */
  installedOn(thing: string, component: string): string | undefined {
    const installed = this.aws.fleet.installedComponents(thing);
    return installed.find(({ componentName }) => componentName === component)?.['componentVersion'] as
      string | undefined;
  }

  /** The version of the last deployment that a device has done. */
  doneOn(thing: string, component: string): string | undefined {
    const { deployments } = this.aws.fleet;
    const done = deployments.findLast(({ devices }) => devices.get(thing)?.status === 'SUCCEEDED');
    return versionIn(done?.input, component);
  }

  async close(): Promise<void> {
    this.clients.close();
    await this.aws.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}

export function componentsOf(versions: Readonly<Record<string, string>>): Record<string, { componentVersion: string }> {
  return Object.fromEntries(Object.entries(versions).map(([name, componentVersion]) => [name, { componentVersion }]));
}

function versionIn(input: Readonly<Record<string, unknown>> | undefined, component: string): string | undefined {
  const components = input?.['components'] as Record<string, { componentVersion: string }> | undefined;
  return components?.[component]?.componentVersion;
}
