import { packagingErrors } from '../errors.ts';
import { asModelName } from '../names.ts';
import type { AwsClients } from './aws-clients.ts';
import { findHttps, requireHash } from './https-source.ts';
import { findLocal } from './local-source.ts';
import { parseSource } from './parse-source.ts';
import type { FoundSource, ModelSource } from './source.ts';

export interface FindOptions {
  readonly aws: AwsClients;
  /** Largest download and largest content of an archive, bytes. */
  readonly maxBytes: number;
  /** SHA-256 of the file, hexadecimal: a file of this machine must have it, one on a web server needs it. */
  readonly sha256?: string | undefined;
  readonly signal: AbortSignal;
}

/** Looks a source up without downloading it. @throws EdgeError `package-source.*` */
export async function findSource(text: string, options: FindOptions): Promise<FoundSource> {
  const source = parseSource(text);
  const { aws, maxBytes, sha256, signal } = options;
  switch (source.kind) {
    case 'local': {
      const found = await findLocal(source.path, maxBytes, signal);
      if (sha256 !== undefined) requireHash(source.path, found.identity.sha256 ?? '', sha256);
      return found;
    }
    case 'https':
      return findHttps(source.url, sha256, maxBytes);
    case 's3': {
      const { findS3 } = await import('./s3-source.ts');
      return findS3(await aws.s3(), source, maxBytes, signal);
    }
    case 'training-job':
    case 'model-package':
      return findSageMaker(source, options);
  }
}

async function findSageMaker(
  { kind, arn, region }: Extract<ModelSource, { arn: string }>,
  { aws, maxBytes, signal }: FindOptions,
): Promise<FoundSource> {
  const { modelOfTrainingJob, modelOfPackage } = await import('./sagemaker-source.ts');
  const { findS3 } = await import('./s3-source.ts');
  const describe = kind === 'training-job' ? modelOfTrainingJob : modelOfPackage;
  const model = await describe(await aws.sagemaker(region), arn, signal);
  const address = parseSource(model.object);
  if (address.kind !== 's3')
    throw packagingErrors.error('package-source.no-artifact', `${arn} keeps its model at ${model.object}, not in S3`, {
      facts: { arn, object: model.object },
    });
  const found = await findS3(await aws.s3(region), address, maxBytes, signal);
  const { uri: object, ...version } = found.identity;
  const { suggestedVersion, approval } = model;
  return {
    ...found,
    identity: { uri: arn, object, ...version, ...(approval === undefined ? {} : { approval }) },
    suggestedName: asModelName(model.suggestedName),
    ...(suggestedVersion === undefined ? {} : { suggestedVersion }),
  };
}
