import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { loadServiceModel } from '../../testing/cloud/service-model.ts';
import { faultsOf } from '../../testing/cloud/validate.ts';
import { refusedOf } from '../../testing/iam/permissions.ts';
import { unreasonedWildcards } from '../../testing/iam/wildcards.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { iamEngine } from '../../testing/outside-data/python.ts';
import { PATIENCE_MS } from '../../testing/patience.ts';
import { Template } from '../../tools/lint/account/template.ts';

const run = promisify(execFile);
const ARN = 'arn:aws:sagemaker:us-east-1:123456789012:pipeline';
/** As Amazon S3 tells EventBridge of a new object, cut to what rules read. */
const UPLOADED = {
  source: 'aws.s3',
  'detail-type': 'Object Created',
  time: '2026-11-27T14:00:00Z',
  detail: { bucket: { name: 'sets' }, object: { key: 'datasets/round-3/dataset.json' } },
};
const WATCHING = { FleetIndexStack: 'edgeml-insight', SamplesBucket: 'street-samples' };

interface Target {
  readonly InputTransformer: {
    readonly InputPathsMap: Readonly<Record<string, string>>;
    readonly InputTemplate: string;
  };
}
interface Build {
  readonly environmentVariablesOverride: readonly { readonly name: string; readonly value: string }[];
}

function read(parameters: Readonly<Record<string, string>> = {}): Promise<Template> {
  return Template.read('retraining.yaml', 'edgeml-retraining', {
    DatasetBucket: 'sets',
    CodeBucket: 'code',
    Pipeline: 'edgeml-training',
    ...parameters,
  });
}

/** What EventBridge asks of CodeBuild: the paths of the event put into the template. */
function buildOf(template: Template, rule: string, event: object): Build {
  const { Targets } = template.resources[rule]?.Properties as { readonly Targets: readonly Target[] };
  const { InputPathsMap = {}, InputTemplate = '' } = Targets[0]?.InputTransformer ?? {};
  const valueAt = (path: string): string =>
    String(
      path
        .split('.')
        .slice(1)
        .reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], event),
    );
  return JSON.parse(
    InputTemplate.replaceAll(/<(\w+)>/g, (_, name: string) => valueAt(InputPathsMap[name] ?? '')),
  ) as Build;
}

/** Runs the build specification in a shell whose tools only say what they were asked. */
async function buildOutput(template: Template, build: Build): Promise<string> {
  const { Source, Environment } = template.resources['Runner']?.Properties as {
    readonly Source: { readonly BuildSpec: string };
    readonly Environment: {
      readonly EnvironmentVariables: readonly { readonly Name: string; readonly Value: string }[];
    };
  };
  const [, command = ''] = /commands:\n\s+- (.*)/.exec(Source.BuildSpec) ?? [];
  const env = Object.fromEntries([
    ...Environment.EnvironmentVariables.map(({ Name, Value }) => [Name, Value]),
    ...build.environmentVariablesOverride.map(({ name, value }) => [name, value]),
  ]) as Record<string, string>;
  const tools = 'aws() { echo "aws $*"; }; npm() { echo "npm $*"; };';
  const { stdout } = await run('bash', ['-e', '-c', `${tools} ${command}`], { env, timeout: PATIENCE_MS });
  return stdout;
}

describe('retraining', await needs(awsModels, iamEngine), () => {
  it('starts the pipeline of SageMaker with the data set that was uploaded', async () => {
    const template = await read();
    const output = await buildOutput(template, buildOf(template, 'DatasetRule', UPLOADED));
    expect(output).toBe(
      'aws sagemaker start-pipeline-execution --pipeline-name edgeml-training --pipeline-parameters Name=Dataset,Value=s3://sets/datasets/round-3/dataset.json\n',
    );
    const { PipelineDefinition } = (await Template.read('training.yaml', 'edgeml-training')).resources['Training']
      ?.Properties as { PipelineDefinition: { PipelineDefinitionBody: string } };
    const { Parameters } = JSON.parse(PipelineDefinition.PipelineDefinitionBody) as { Parameters: { Name: string }[] };
    expect(Parameters.map(({ Name }) => Name)).toContain('Dataset');
    const request = {
      PipelineName: 'edgeml-training',
      PipelineParameters: [{ Name: 'Dataset', Value: 's3://sets/datasets/round-3/dataset.json' }],
      ClientRequestToken: 'a'.repeat(32),
    };
    expect(faultsOf(await loadServiceModel('sagemaker'), 'StartPipelineExecutionRequest', request)).toEqual([]);
  });

  it('starts any other command with it', async () => {
    const template = await read({ Pipeline: '', Command: 'echo "learns from $DATASET"' });
    const output = await buildOutput(template, buildOf(template, 'DatasetRule', UPLOADED));
    expect(output).toBe('learns from s3://sets/datasets/round-3/dataset.json\n');
    expect(template.resources['PipelinePolicy']).toBeUndefined();
  });

  it('waits for the file that is uploaded last, and for alarms of its own', async () => {
    const { resources } = await read(WATCHING);
    expect(resources['DatasetRule']?.Properties['EventPattern']).toEqual({
      source: [UPLOADED.source],
      'detail-type': [UPLOADED['detail-type']],
      detail: { bucket: { name: ['sets'] }, object: { key: [{ wildcard: 'datasets/*/dataset.json' }] } },
    });
    expect(resources['DriftAlarm']?.Properties['MetricName']).toBe('edgeml-insight-drifting');
    const insight = await Template.read('insight.yaml', 'edgeml-insight');
    expect(insight.resources['DriftingMetric']?.Properties['MetricName']).toBe('edgeml-insight-drifting');
    expect((await read()).resources['DriftRule']).toBeUndefined();
  });

  it('makes a task for people of the samples once the fleet drifts', async () => {
    const template = await read(WATCHING);
    const output = await buildOutput(template, buildOf(template, 'DriftRule', UPLOADED));
    const place = 's3://sets/labeling/2026-11-27T14:00:00Z';
    expect(output.split('\n').slice(0, 3)).toEqual([
      'npm ci',
      `npm run -s edgeml -- dataset s3://street-samples --to ground-truth --image-root ${place} --output labeling`,
      `aws s3 cp labeling ${place} --recursive`,
    ]);
  });

  it('has roles that may do that and no more', async () => {
    const template = await read(WATCHING);
    const of = (action: string, resource: string) => ({ action, resource });
    expect(
      await refusedOf(template.policyOf('RunnerRole'), [
        of('sagemaker:StartPipelineExecution', `${ARN}/edgeml-training`),
        of('sagemaker:StartPipelineExecution', `${ARN}/other`),
        of('s3:GetObject', 'arn:aws:s3:::sets/datasets/round-3/dataset.json'),
        of('s3:GetObject', 'arn:aws:s3:::street-samples/belt-7/a.jpg'),
        of('s3:PutObject', 'arn:aws:s3:::sets/labeling/one/input.manifest'),
        of('s3:PutObject', 'arn:aws:s3:::sets/datasets/round-3/dataset.json'),
      ]),
    ).toEqual([
      's3:PutObject on arn:aws:s3:::sets/datasets/round-3/dataset.json',
      `sagemaker:StartPipelineExecution on ${ARN}/other`,
    ]);
    expect(await unreasonedWildcards(template)).toEqual([]);
  });
});
