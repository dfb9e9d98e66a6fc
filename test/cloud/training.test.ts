import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadServiceModel } from '../../testing/cloud/service-model.ts';
import type { ServiceModel } from '../../testing/cloud/service-model.ts';
import { faultsOf, isRecord } from '../../testing/cloud/validate.ts';
import { refusedOf } from '../../testing/iam/permissions.ts';
import { unreasonedWildcards } from '../../testing/iam/wildcards.ts';
import { awsModels } from '../../testing/outside-data/aws-models.ts';
import { needs } from '../../testing/outside-data/needs.ts';
import { iamEngine } from '../../testing/outside-data/python.ts';
import { PROJECT } from '../../tools/bundle/project.ts';
import { Template } from '../../tools/lint/account/template.ts';

interface Step {
  readonly Name: string;
  readonly Type: string;
  readonly Arguments: Readonly<Record<string, unknown>>;
}

/** The request that SageMaker makes of a step, and the member that it adds itself. */
const REQUESTS: Readonly<Record<string, readonly [operation: string, added: object]>> = {
  Processing: ['CreateProcessingJob', { ProcessingJobName: 'pipelines-1' }],
  Training: ['CreateTrainingJob', { TrainingJobName: 'pipelines-1' }],
  RegisterModel: ['CreateModelPackage', {}],
};

/** Values of other steps and of the execution, as they are once it runs. */
function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved);
  if (!isRecord(value)) return value;
  if (typeof value['Get'] === 'string') return /^Steps\./.test(value['Get']) ? 's3://models/one' : 'one';
  const { 'Std:Join': join } = value as { 'Std:Join'?: { On: string; Values: unknown[] } };
  if (join) return join.Values.map(resolved).join(join.On);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolved(one)]));
}

describe('the training pipeline', await needs(awsModels, iamEngine), () => {
  let template: Template;
  let model: ServiceModel;
  let steps: Map<string, Step>;

  beforeAll(async () => {
    model = await loadServiceModel('sagemaker');
    template = await Template.read('training.yaml', 'edgeml-training', {
      Image: '444444444444.dkr.ecr.us-east-1.amazonaws.com/edgeml:1',
      ImageRepository: 'edgeml',
      ModelsBucket: 'models',
      ArtifactKeyArn: 'arn:aws:kms:us-east-1:111111111111:key/artifacts',
      ToolingAccount: '111111111111',
      ModelPackageGroup: 'StreetDetector',
    });
    const { PipelineDefinition } = template.resources['Training']?.Properties as {
      PipelineDefinition: { PipelineDefinitionBody: string };
    };
    const { Steps } = JSON.parse(PipelineDefinition.PipelineDefinitionBody) as { Steps: Step[] };
    const inner = Steps.flatMap(({ Arguments }) => [Arguments['IfSteps'] ?? [], Arguments['ElseSteps'] ?? []].flat());
    steps = new Map([...Steps, ...(inner as Step[])].map((step) => [step.Name, step]));
  });

  it('makes requests that SageMaker takes', () => {
    expect([...steps.keys()]).toEqual(['Preprocess', 'Train', 'Evaluate', 'IsGoodEnough', 'Register', 'NotGoodEnough']);
    for (const { Name, Type, Arguments } of steps.values()) {
      const [operation, added] = REQUESTS[Type] ?? [];
      if (operation === undefined) continue;
      const input = { ...(resolved(Arguments) as object), ...added };
      expect(faultsOf(model, model.operations[operation]?.input?.shape ?? '', input), Name).toEqual([]);
    }
    const { Arguments = {} } = steps.get('Train') ?? {};
    const wrong = { ...(resolved(Arguments) as object), TrainingJobName: 'pipelines-1', Epochs: 3 };
    expect(faultsOf(model, 'CreateTrainingJobRequest', wrong)).toHaveLength(1);
  });

  it('runs commands of this project, with figures where the condition reads them', async () => {
    for (const { Arguments } of steps.values())
      for (const [, file = ''] of JSON.stringify(Arguments).matchAll(/"\/opt\/edgeml\/([^"]+)"/g))
        expect((await readFile(path.join(PROJECT, file), 'utf8')).length, file).toBeGreaterThan(100);
    const evaluate = await readFile(path.join(PROJECT, 'artifacts/training/pipeline/evaluate.py'), 'utf8');
    expect(evaluate).toContain('{"multiclass_classification_metrics": {"accuracy": {"value": accuracy}}');
    expect(JSON.stringify(steps.get('IsGoodEnough'))).toContain('multiclass_classification_metrics.accuracy.value');
    expect(steps.get('Register')?.Arguments['ModelApprovalStatus']).toBe('PendingManualApproval');
  });

  it('has a role that may do that and no more', async () => {
    const arn = (text: string): string => `arn:aws:sagemaker:us-east-1:${text}`;
    const of = (action: string, resource: string) => ({ action, resource });
    expect(
      await refusedOf(template.policyOf('TrainingRole'), [
        of('sagemaker:CreateProcessingJob', arn('123456789012:processing-job/pipelines-a-1')),
        of('sagemaker:CreateTrainingJob', arn('123456789012:training-job/pipelines-a-1')),
        of('sagemaker:CreateModelPackage', arn('111111111111:model-package/StreetDetector/1')),
        of('sagemaker:CreateModelPackage', arn('111111111111:model-package/Other/1')),
        of('s3:PutObject', 'arn:aws:s3:::models/training/packages/one/model.tar.gz'),
        of('s3:PutObject', 'arn:aws:s3:::models/other'),
        of('kms:GenerateDataKey', 'arn:aws:kms:us-east-1:111111111111:key/artifacts'),
        of('ecr:BatchGetImage', 'arn:aws:ecr:us-east-1:123456789012:repository/edgeml'),
      ]),
    ).toEqual([
      `s3:PutObject on arn:aws:s3:::models/other`,
      `sagemaker:CreateModelPackage on ${arn('111111111111:model-package/Other/1')}`,
    ]);
    expect(await unreasonedWildcards(template)).toEqual([]);
  });
});
