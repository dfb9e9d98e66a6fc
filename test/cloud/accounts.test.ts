import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { FormationStandIn } from '../../testing/cloud/formation-stand-in.ts';
import { refusedOf } from '../../testing/iam/permissions.ts';
import { unreasonedWildcards } from '../../testing/iam/wildcards.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { iamEngine } from '../../testing/outside-data/python.ts';
import { errorOf, runHere } from '../../testing/package/in-process.ts';
import type { StackOutcome } from '../../tools/cloud/accounts/change-accounts.ts';

const IDS = { TOOLING: '111111111111', PREPRODUCTION: '222222222222', PRODUCTION: '333333333333' };
const STACKS = [
  'TOOLING edgeml-tooling',
  'PREPRODUCTION edgeml-fleet',
  'PREPRODUCTION edgeml-deployer',
  'PRODUCTION edgeml-fleet',
  'PRODUCTION edgeml-deployer',
  'PREPRODUCTION edgeml-twin',
  'TOOLING edgeml-pipeline',
];
const FILE = {
  region: 'us-east-1',
  modelPackageGroup: 'StreetDetector',
  approver: 'a@example.com',
  accounts: {
    tooling: { id: IDS.TOOLING, profile: 'tooling' },
    preproduction: {
      id: IDS.PREPRODUCTION,
      profile: 'preproduction',
      twin: { architecture: 'arm64', vpc: 'vpc-0a1b', subnet: 'subnet-0a1b' },
    },
    production: { id: IDS.PRODUCTION, profile: 'production' },
    experiments: { id: '444444444444' },
  },
};

describe.sequential('edgeml account', await needs(awsModels, iamEngine), () => {
  let aws: FormationStandIn;
  let folder: string;
  const at = (name: string): string => path.join(folder, name);

  beforeAll(async () => {
    aws = await FormationStandIn.start(IDS);
    folder = await mkdtemp(path.join(tmpdir(), 'edgeml-accounts-'));
    const profile = (name: string) =>
      `[profile ${name}]\naws_access_key_id = ${name.toUpperCase()}\naws_secret_access_key = secret\nregion = us-east-1\n`;
    await writeFile(at('config'), ['tooling', 'preproduction', 'production'].map(profile).join('\n'));
    await writeFile(at('accounts.yaml'), stringify(FILE));
    await writeFile(at('source.zip'), 'the project');
    const env = { AWS_CONFIG_FILE: at('config'), AWS_SHARED_CREDENTIALS_FILE: at('none'), AWS_ENDPOINT_URL: aws.url };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  });
  afterEach(() => expect(aws.violations).toEqual([]));
  afterAll(async () => {
    vi.unstubAllEnvs();
    await aws.close();
    await rm(folder, { recursive: true });
  });

  const account = async (word: string, ...more: string[]) => {
    const found = await runHere(['account', word, at('accounts.yaml'), '--json', ...more]);
    return { ...found, outcomes: found.json as unknown as readonly StackOutcome[] };
  };
  const deploy = () => account('deploy', '--source', at('source.zip'));
  const states = (outcomes: readonly StackOutcome[]) =>
    outcomes.map((one) => `${one.account.toUpperCase()} ${one.stack} ${one.state}`);

  it('plans without leaving anything behind', async () => {
    const { code, outcomes, stderr } = await account('plan');
    expect(code, stderr).toBe(0);
    expect(states(outcomes)).toEqual([`${STACKS[0]} to-change`, ...STACKS.slice(1).map((stack) => `${stack} later`)]);
    expect(outcomes[0]?.changes).toContainEqual({
      action: 'Add',
      resource: 'SigningKey (AWS::KMS::Key)',
      isReplaced: false,
    });
    for (const { stacks, changeSets } of aws.accounts.values()) expect([stacks.size, changeSets.size]).toEqual([0, 0]);
  });

  it('says why a stack could not be made, and goes on there once that is mended', async () => {
    aws.failures = { 'PRODUCTION edgeml-fleet': 'bucket limit exceeded' };
    const failed = errorOf(await deploy());
    expect(failed).toMatchObject({ code: 'account.stack-failed' });
    expect(failed.message).toContain('edgeml-fleet of production: ROLLBACK_COMPLETE: First: bucket limit exceeded');
    expect(aws.calls).toEqual(STACKS.slice(0, 4).map((stack) => stack.replace(' ', ' CREATE ')));
    aws.failures = {};
    aws.accounts.get('PRODUCTION')?.stacks.clear();
    aws.calls.length = 0;
    const { code, outcomes, stderr } = await deploy();
    expect(code, stderr).toBe(0);
    expect(states(outcomes)).toEqual(STACKS.map((stack, index) => `${stack} ${index < 3 ? 'unchanged' : 'changed'}`));
    expect(aws.calls).toEqual(STACKS.slice(3).map((stack) => stack.replace(' ', ' CREATE ')));
  });

  it('brings the code before the function that needs it, and joins the accounts', () => {
    const { parameters } = aws.stack('TOOLING', 'edgeml-pipeline');
    expect(aws.uploads.slice(-2)).toEqual([
      `TOOLING PUT /edgeml-tooling-artifacts/${parameters['LambdaKey']}`,
      'TOOLING PUT /edgeml-tooling-artifacts/code/source.zip',
    ]);
    expect(parameters).toMatchObject({
      ProductionDeployerArn: expect.stringContaining('edgeml-deployer') as string,
      ComponentsBucket: 'edgeml-fleet-components',
      TwinInstance: 'edgeml-twin-Twin',
      ProductionAccount: IDS.PRODUCTION,
      AlarmBus: 'edgeml',
    });
    const { resources } = aws.stack('PRODUCTION', 'edgeml-deployer').template;
    expect(JSON.stringify(resources['Deployer'])).toContain(`arn:aws:iam::${IDS.TOOLING}:root`);
  });

  it('changes nothing the second time', async () => {
    aws.calls.length = 0;
    const { outcomes } = await deploy();
    expect(states(outcomes)).toEqual(STACKS.map((stack) => `${stack} unchanged`));
    expect(aws.calls).toEqual([]);
  });

  it('goes to no account that a profile is not for', async () => {
    const { tooling } = FILE.accounts;
    const wrong = { ...FILE, accounts: { ...FILE.accounts, tooling: { ...tooling, id: '999999999999' } } };
    await writeFile(at('wrong.yaml'), stringify(wrong));
    expect(
      errorOf(await runHere(['account', 'deploy', at('wrong.yaml'), '--json', '--source', at('source.zip')])),
    ).toMatchObject({
      code: 'account.wrong-account',
    });
    expect(aws.calls).toEqual([]);
  });

  it.each([
    [{ ...FILE, region: 'here' }, '/region'],
    [{ ...FILE, accounts: { ...FILE.accounts, production: FILE.accounts.tooling } }, 'have one id'],
    [{ ...FILE, accounts: { ...FILE.accounts, production: { id: 12, profile: 'p' } } }, '/accounts/production/id'],
  ])('refuses a file that does not say what is needed (%#)', async (content, place) => {
    await writeFile(at('bad.yaml'), stringify(content));
    const error = errorOf(await runHere(['account', 'plan', at('bad.yaml'), '--json']));
    expect(error.code).toBe('account.invalid-file');
    expect(error.message).toContain(place);
  });

  it('gives each role what it needs in its account, and gives a reason for each wildcard', async () => {
    const twin = aws.stack('PREPRODUCTION', 'edgeml-twin').template;
    const deployer = aws.stack('PREPRODUCTION', 'edgeml-deployer').template;
    const pipeline = aws.stack('TOOLING', 'edgeml-pipeline').template;
    for (const template of [twin, deployer, pipeline]) expect(await unreasonedWildcards(template)).toEqual([]);
    const bucket = 'arn:aws:s3:::edgeml-tooling-artifacts';
    const state = `${bucket}/promotions/StreetDetector-7.0.0.json`;
    const instance = 'arn:aws:ec2:us-east-1:123456789012:instance/edgeml-twin-Twin';
    const command = 'arn:aws:ssm:us-east-1:123456789012:document/edgeml-twin';
    const of = (action: string, resource: string) => ({ action, resource });
    expect(
      await refusedOf(deployer.policyOf('Deployer'), [
        ...['s3:GetObject', 's3:PutObject'].map((action) => of(action, state)),
        of('s3:ListBucket', bucket),
        of('s3:DeleteObject', state),
        of('s3:PutObject', `${bucket}/code/source.zip`),
      ]),
    ).toEqual([`s3:DeleteObject on ${state}`, `s3:PutObject on ${bucket}/code/source.zip`]);
    const { PolicyDocument } = twin.resources['DeployerPolicy']?.Properties as {
      PolicyDocument: Parameters<typeof refusedOf>[0];
    };
    expect(
      await refusedOf(PolicyDocument, [
        of('ec2:StartInstances', instance),
        of('ec2:StopInstances', instance),
        of('ssm:SendCommand', instance),
        of('ssm:SendCommand', command),
        of('ssm:SendCommand', 'arn:aws:ssm:us-east-1::document/AWS-RunShellScript'),
        of('ssm:GetCommandInvocation', '*'),
      ]),
    ).toEqual(['ssm:SendCommand on arn:aws:ssm:us-east-1::document/AWS-RunShellScript']);
    const { parameters } = aws.stack('TOOLING', 'edgeml-pipeline');
    const [production = '', preproduction = ''] = [
      parameters['ProductionDeployerArn'],
      parameters['PreproductionDeployerArn'],
    ];
    expect(
      await refusedOf(pipeline.policyOf('BuildRole'), [
        of('sts:AssumeRole', production),
        of('sts:AssumeRole', preproduction),
        of('sts:AssumeRole', `${production}-other`),
        of('s3:GetObject', `${bucket}/promotions/run/build/x`),
        of('s3:PutObject', `${bucket}/champions/StreetDetector/7.0.0.json`),
        of('s3:DeleteObject', `${bucket}/champions/StreetDetector/7.0.0.json`),
        of('s3:GetObject', 'arn:aws:s3:::edgeml-tooling-models/job/model.tar.gz'),
        of('greengrass:CreateDeployment', '*'),
      ]),
    ).toEqual([`greengrass:CreateDeployment on *`, `sts:AssumeRole on ${production}-other`]);
  });
});
