import * as z from 'zod';
import { cloudErrors } from '../errors.ts';

/** The part of a model package's event that the pipeline reads. */
export interface PackageEvent {
  readonly arn: string;
  readonly group: string;
  readonly version: number;
  readonly approval: 'Approved' | 'Rejected' | 'PendingManualApproval';
  readonly status: string;
}

/** `SageMaker Model Package State Change` (Amazon SageMaker developer guide, "Automating SageMaker with EventBridge"). */
const eventSchema = z.object({
  'detail-type': z.literal('SageMaker Model Package State Change'),
  source: z.literal('aws.sagemaker'),
  detail: z.object({
    ModelPackageArn: z.string().regex(/^arn:[^:]+:sagemaker:[^:]+:\d{12}:model-package\/[a-zA-Z0-9-]+\/\d+$/),
    ModelPackageGroupName: z.string().min(1),
    ModelPackageVersion: z.int().min(1),
    ModelPackageStatus: z.string().default('Completed'),
    ModelApprovalStatus: z.enum(['Approved', 'Rejected', 'PendingManualApproval']),
  }),
});

/** @throws EdgeError `pipeline.not-an-event` */
export function parsePackageEvent(event: unknown): PackageEvent {
  const result = eventSchema.safeParse(event);
  if (result.success) {
    const { detail } = result.data;
    return {
      arn: detail.ModelPackageArn,
      group: detail.ModelPackageGroupName,
      version: detail.ModelPackageVersion,
      approval: detail.ModelApprovalStatus,
      status: detail.ModelPackageStatus,
    };
  }
  const issues = result.error.issues.map(({ path, message }) => `/${path.join('/')}: ${message}`);
  throw cloudErrors.error('pipeline.not-an-event', `no change of a model package: ${issues.join('; ')}`);
}
