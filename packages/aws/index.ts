export { awsFailure } from './aws-failure.ts';
export type { AwsFailure } from './aws-failure.ts';
export { failureKind } from './failure-kind.ts';
export type { FailureKind } from './failure-kind.ts';
