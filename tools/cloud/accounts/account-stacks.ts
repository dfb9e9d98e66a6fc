import { cloudErrors } from '../errors.ts';
import type { AccountName, AccountsFile } from './accounts-file.ts';

export interface AccountStack {
  readonly account: AccountName;
  readonly name: string;
  /** File in infrastructure/. */
  readonly template: string;
  /** Values of its parameters, from the file and from what earlier stacks gave. Those that are left out have their defaults. */
  parameters(file: AccountsFile, given: Outputs): Readonly<Record<string, string>>;
}

/** Outputs of the stacks that exist. */
export class Outputs {
  readonly #known = new Map<string, Readonly<Record<string, string>>>();

  add({ account, name }: Pick<AccountStack, 'account' | 'name'>, outputs: Readonly<Record<string, string>>): void {
    this.#known.set(`${account} ${name}`, outputs);
  }

  has({ account, name }: Pick<AccountStack, 'account' | 'name'>): boolean {
    return this.#known.has(`${account} ${name}`);
  }

  /** @throws EdgeError `account.no-output` */
  get(account: AccountName, name: string, output: string): string {
    const value = this.#known.get(`${account} ${name}`)?.[output];
    if (value !== undefined) return value;
    throw cloudErrors.error('account.no-output', `the stack ${name} of ${account} does not give ${output}`);
  }
}

const [TOOLING, FLEET, DEPLOYER, TWIN] = ['edgeml-tooling', 'edgeml-fleet', 'edgeml-deployer', 'edgeml-twin'] as const;
export const SOURCE_KEY = 'code/source.zip';

/**
 * All stacks in the order in which they are made: each needs only what those before it give.
 * @param lambdaKey of the function's zip in the bucket of the tooling account; another one for other code, else CloudFormation would not update it
 */
export function accountStacks(lambdaKey: string): readonly AccountStack[] {
  return [
    {
      account: 'tooling',
      name: TOOLING,
      template: 'tooling.yaml',
      parameters: ({ modelPackageGroup, accounts }) => ({
        ModelPackageGroup: modelPackageGroup,
        PreproductionAccount: accounts.preproduction.id,
        ProductionAccount: accounts.production.id,
        ExperimentsAccount: (accounts.experiments ?? accounts.tooling).id,
      }),
    },
    ...(['preproduction', 'production'] as const).flatMap((account): readonly AccountStack[] => [
      { account, name: FLEET, template: 'fleet.yaml', parameters: () => ({}) },
      {
        account,
        name: DEPLOYER,
        template: 'deployer.yaml',
        parameters: ({ accounts }, given) => ({
          FleetStack: FLEET,
          ToolingAccount: accounts.tooling.id,
          ArtifactsBucket: given.get('tooling', TOOLING, 'ArtifactsBucket'),
          ArtifactKeyArn: given.get('tooling', TOOLING, 'ArtifactKeyArn'),
          BusArn: given.get('tooling', TOOLING, 'BusArn'),
        }),
      },
    ]),
    {
      account: 'preproduction',
      name: TWIN,
      template: 'twin.yaml',
      parameters: ({ accounts: { preproduction } }, given) => ({
        FleetStack: FLEET,
        DeviceRoleArn: given.get('preproduction', FLEET, 'DeviceRoleArn'),
        Architecture: preproduction.twin.architecture,
        InstanceType: preproduction.twin.instanceType,
        VpcId: preproduction.twin.vpc,
        SubnetId: preproduction.twin.subnet,
        ArtifactsBucket: given.get('tooling', TOOLING, 'ArtifactsBucket'),
        ArtifactKeyArn: given.get('tooling', TOOLING, 'ArtifactKeyArn'),
        SourceKey: SOURCE_KEY,
        ...(preproduction.twin.nucleus === undefined ? {} : { NucleusVersion: preproduction.twin.nucleus }),
      }),
    },
    {
      account: 'tooling',
      name: 'edgeml-pipeline',
      template: 'pipeline.yaml',
      parameters: ({ modelPackageGroup, approver, accounts }, given) => ({
        ModelPackageGroup: modelPackageGroup,
        CodeBucket: given.get('tooling', TOOLING, 'ArtifactsBucket'),
        LambdaKey: lambdaKey,
        SourceKey: SOURCE_KEY,
        ModelBucketArn: given.get('tooling', TOOLING, 'ModelsBucketArn'),
        ModelKeyArn: given.get('tooling', TOOLING, 'ArtifactKeyArn'),
        SigningKeyArn: given.get('tooling', TOOLING, 'SigningKeyArn'),
        ApproverEmail: approver,
        PipelineBucket: given.get('tooling', TOOLING, 'ArtifactsBucket'),
        PipelineKeyArn: given.get('tooling', TOOLING, 'ArtifactKeyArn'),
        AlarmBus: given.get('tooling', TOOLING, 'BusName'),
        ProductionAccount: accounts.production.id,
        ProductionDeployerArn: given.get('production', DEPLOYER, 'DeployerArn'),
        PreproductionDeployerArn: given.get('preproduction', DEPLOYER, 'DeployerArn'),
        ComponentsBucket: given.get('production', FLEET, 'ComponentsBucket'),
        HeartbeatsBucket: given.get('production', FLEET, 'FleetBucket'),
        TwinComponentsBucket: given.get('preproduction', FLEET, 'ComponentsBucket'),
        TwinInstance: given.get('preproduction', TWIN, 'InstanceId'),
      }),
    },
  ];
}
