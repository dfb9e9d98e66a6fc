import { DescribeModelPackageCommand, DescribeTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { packagingErrors } from '../errors.ts';
import { sourceFailure } from './source-failure.ts';

/** The object that a SageMaker ARN stands for. */
export interface SageMakerModel {
  readonly object: string;
  readonly suggestedName: string;
  readonly suggestedVersion?: string;
  readonly approval?: string;
}

/** DescribeTrainingJob → ModelArtifacts.S3ModelArtifacts. @throws EdgeError `package-source.*` */
export async function modelOfTrainingJob(
  client: SageMakerClient,
  arn: string,
  signal: AbortSignal,
): Promise<SageMakerModel> {
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  const job = await client
    .send(new DescribeTrainingJobCommand({ TrainingJobName: name }), { abortSignal: signal })
    .catch((thrown: unknown) => {
      signal.throwIfAborted();
      throw sourceFailure(arn, thrown);
    });
  if (job.TrainingJobStatus !== 'Completed') {
    const why = job.FailureReason === undefined ? '' : `: ${job.FailureReason}`;
    throw notReady(arn, `the training job is ${job.TrainingJobStatus ?? 'in no known state'}${why}`);
  }
  return { object: objectOf(arn, job.ModelArtifacts?.S3ModelArtifacts), suggestedName: name };
}

/**
 * DescribeModelPackage → InferenceSpecification.Containers[0].ModelDataUrl.
 * @throws EdgeError `package-source.*`; a package that was rejected is `package-source.not-ready`
 */
export async function modelOfPackage(
  client: SageMakerClient,
  arn: string,
  signal: AbortSignal,
): Promise<SageMakerModel> {
  const found = await client
    .send(new DescribeModelPackageCommand({ ModelPackageName: arn }), { abortSignal: signal })
    .catch((thrown: unknown) => {
      signal.throwIfAborted();
      throw sourceFailure(arn, thrown);
    });
  if (found.ModelPackageStatus !== 'Completed')
    throw notReady(arn, `the model package is ${found.ModelPackageStatus ?? 'in no known state'}`);
  if (found.ModelApprovalStatus === 'Rejected') {
    const why = found.ApprovalDescription === undefined ? '' : `: ${found.ApprovalDescription}`;
    throw notReady(arn, `the model package was rejected${why}`);
  }
  const [container, ...others] = found.InferenceSpecification?.Containers ?? [];
  if (others.length > 0)
    throw packagingErrors.error(
      'package-source.no-artifact',
      `${arn} has ${others.length + 1} containers, not one model`,
      { facts: { arn } },
    );
  const object = container?.ModelDataUrl ?? container?.ModelDataSource?.S3DataSource?.S3Uri;
  const [, group, number] = /:model-package\/([^/]+)(?:\/(\d+))?$/.exec(arn) ?? [];
  return {
    object: objectOf(arn, object),
    suggestedName: group ?? '',
    ...(number === undefined ? {} : { suggestedVersion: `${number}.0.0` }),
    ...(found.ModelApprovalStatus === undefined ? {} : { approval: found.ModelApprovalStatus }),
  };
}

function objectOf(arn: string, object: string | undefined): string {
  if (object === undefined)
    throw packagingErrors.error('package-source.no-artifact', `${arn} names no model in S3`, { facts: { arn } });
  if (!object.endsWith('/')) return object;
  const message = `${arn} keeps its model as loose files below ${object}`;
  throw packagingErrors.error('package-source.no-artifact', message, { facts: { arn, object } });
}

function notReady(arn: string, why: string): Error {
  return packagingErrors.error('package-source.not-ready', `${arn} cannot be packaged: ${why}`, { facts: { arn } });
}
