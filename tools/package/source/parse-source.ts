import { packagingErrors } from '../errors.ts';
import { requireBucketName } from '../names.ts';
import type { ModelSource } from './source.ts';

/** TrainingJobArn and ModelPackageArn of SageMaker's API reference. */
const ARN =
  /^arn:aws[a-z-]*:sagemaker:([a-z0-9-]{1,32}):\d{12}:(training-job|model-package)\/([a-zA-Z0-9](?:[a-zA-Z0-9-]{0,62}(?:\/\d{1,9})?)?)$/;

/** @throws EdgeError `package-source.invalid`, `package-source.bucket-name` */
export function parseSource(text: string): ModelSource {
  if (text.startsWith('arn:')) return parseArn(text);
  if (text.startsWith('s3://')) return parseS3(text);
  if (/^https?:\/\//i.test(text)) return { kind: 'https', url: requireUrl(text) };
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text)) throw invalid(text, 'only https:// and s3:// addresses are read');
  if (text === '') throw invalid(text, 'it is empty');
  return { kind: 'local', path: text };
}

/** Plain HTTP will do: the hash says whether what came is what was meant. */
function requireUrl(text: string): string {
  if (URL.canParse(text)) return text;
  throw invalid(text, 'it is not an address');
}

function parseArn(text: string): ModelSource {
  const [, region, resource] = ARN.exec(text) ?? [];
  if (region === undefined) {
    const hint = /:(training-job|model-package):/.exec(text)?.[1];
    throw invalid(
      text,
      hint ? `write "${hint}/", not "${hint}:", before the name` : 'it is not an ARN of one of these',
    );
  }
  return { kind: resource === 'training-job' ? 'training-job' : 'model-package', arn: text, region };
}

/** `s3://bucket/key`, with `?versionId=…` for one version of the object. */
function parseS3(text: string): ModelSource {
  const [, bucket = '', rest = ''] = /^s3:\/\/([^/]*)\/?(.*)$/.exec(text) ?? [];
  requireBucketName(bucket);
  const [, key = '', versionId] = /^(.*?)(?:\?versionId=([^?&]+))?$/.exec(rest) ?? [];
  if (key === '' || key.endsWith('/')) throw invalid(text, 'it names no object');
  if (Buffer.byteLength(key) > 1024) throw invalid(text, 'its key is over 1024 bytes');
  return { kind: 's3', bucket, key, ...(versionId === undefined ? {} : { versionId }) };
}

function invalid(text: string, why: string): Error {
  return packagingErrors.error('package-source.invalid', `"${text}" cannot be a source: ${why}`, {
    facts: { source: text },
  });
}
