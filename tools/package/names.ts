import semver from 'semver';
import { packagingErrors } from './errors.ts';

/** ModelName of SageMaker's CreateEdgePackagingJob, kept so that a model can keep its name: 1 to 63 characters. */
const MODEL_NAME = /^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$/;
/** ModelVersion was bounded to 30 characters; ours is a semantic version besides, since a component carries it. */
const MAX_VERSION = 30;
/** ComponentName of Greengrass: 128 characters. */
const COMPONENT_NAME = /^[a-zA-Z0-9._-]{1,128}$/;
/** Bucket naming rules of Amazon S3, without the dots that they allow. */
const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/;

/** @throws EdgeError `packaging.name` */
export function requireModelName(name: string): string {
  if (MODEL_NAME.test(name)) return name;
  throw packagingErrors.error('packaging.name', `"${name}" is not a model name`, { facts: { name } });
}

/** @throws EdgeError `packaging.version` */
export function requireVersion(version: string): string {
  if (version.length <= MAX_VERSION && semver.valid(version) === version) return version;
  throw packagingErrors.error('packaging.version', `"${version}" is not a version of a model and its component`, {
    facts: { version },
  });
}

/** @throws EdgeError `packaging.component-name` */
export function requireComponentName(name: string): string {
  if (COMPONENT_NAME.test(name)) return name;
  throw packagingErrors.error('packaging.component-name', `"${name}" is not a component name`, { facts: { name } });
}

/** @throws EdgeError `package-source.bucket-name` */
export function requireBucketName(bucket: string): string {
  if (BUCKET_NAME.test(bucket)) return bucket;
  throw packagingErrors.error('package-source.bucket-name', `the bucket "${bucket}" ${whyNoBucket(bucket)}`, {
    facts: { bucket },
  });
}

function whyNoBucket(bucket: string): string {
  if (bucket.length < 3) return `has too short a name: ${bucket.length} of at least 3 characters`;
  if (bucket.length > 63) return `has too long a name: ${bucket.length} of at most 63 characters`;
  if (bucket.includes('.')) return 'has a dot in it';
  return 'is not a bucket name';
}

/** The nearest name that `requireModelName` takes; undefined if nothing of the text can stay. */
export function asModelName(text: string): string | undefined {
  const name = text
    .replace(/[^a-zA-Z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63)
    .replace(/-+$/, '');
  return name === '' ? undefined : name;
}
