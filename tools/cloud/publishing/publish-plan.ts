import { CreateComponentVersionCommand } from '@aws-sdk/client-greengrassv2';
import type { PutObjectCommandInput } from '@aws-sdk/client-s3';
import { canonicalJson, textDigest } from '../digest.ts';
import { productionRecipe } from '../../bundle/production-recipe.ts';
import type { RequestView } from '../request-view.ts';
import { requestView } from '../request-view.ts';
import type { BuiltArtifact, BuiltComponent } from './build-folder.ts';
import { cloudErrors } from '../errors.ts';

/** Tag that carries the hash of the recipe as it was sent, so that a later publish can tell whether it differs. */
export const RECIPE_TAG = 'edgeml:recipe-sha256';
/** Tag that carries the hash of what signed model packages hold, so that one that was signed again is known again. */
export const CONTENT_TAG = 'edgeml:content-sha256';
/** AWS IoT Greengrass endpoints and quotas: "Maximum size of a component recipe". */
const MAX_RECIPE_BYTES = 16_384;

/** Where artifacts go: `s3://<bucket>/<prefix><Name>/<Version>/<file>`, as gdk lays them out. */
export interface PublishTarget {
  readonly bucket: string;
  /** Ends with a slash, or is empty. */
  readonly prefix: string;
}

/** All that publishing one component sends. */
export interface ComponentPlan {
  readonly component: BuiltComponent;
  readonly recipeSha256: string;
  /** Of components with a signed model package. */
  readonly contentSha256?: string;
  readonly uploads: readonly Upload[];
  readonly create: CreateComponentVersionCommand;
}

export interface Upload {
  readonly artifact: BuiltArtifact;
  /** All but the body, which is the file. */
  readonly input: Omit<PutObjectCommandInput, 'Body'> & { readonly Bucket: string; readonly Key: string };
}

/** @throws EdgeError `publish.bucket`, `publish.recipe` */
export function planComponent(component: BuiltComponent, target: PublishTarget): ComponentPlan {
  checkBucket(target.bucket);
  const folder = `${target.prefix}${component.name}/${component.version}`;
  const document = productionRecipe(component.name, component.document);
  const recipe = canonicalJson(withArtifactUris(document, `s3://${target.bucket}/${folder}`));
  const bytes = Buffer.byteLength(recipe);
  if (bytes > MAX_RECIPE_BYTES) {
    const message = `the recipe of ${component.name} has ${bytes} bytes; Greengrass takes ${MAX_RECIPE_BYTES}`;
    throw cloudErrors.error('publish.recipe', message);
  }
  const recipeSha256 = textDigest(recipe).hex;
  const contentSha256 = contentOf(component.artifacts);
  const content = [recipeSha256, ...component.artifacts.map(({ digest }) => digest.hex)].join(' ');
  return {
    component,
    recipeSha256,
    ...(contentSha256 === undefined ? {} : { contentSha256 }),
    uploads: component.artifacts.map((artifact) => ({ artifact, input: uploadInput(artifact, target.bucket, folder) })),
    create: new CreateComponentVersionCommand({
      inlineRecipe: Buffer.from(recipe),
      tags: { [RECIPE_TAG]: recipeSha256, ...(contentSha256 === undefined ? {} : { [CONTENT_TAG]: contentSha256 }) },
      // The same content gives the same token: a repeated request returns the version instead of a conflict.
      clientToken: textDigest(`${component.name} ${component.version} ${content}`).hex,
    }),
  };
}

function contentOf(artifacts: readonly BuiltArtifact[]): string | undefined {
  if (artifacts.every(({ contentDigest }) => contentDigest === undefined)) return undefined;
  const parts = artifacts.map(({ fileName, contentDigest, digest }) => [fileName, contentDigest ?? digest.hex]);
  return textDigest(canonicalJson(parts.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)))).hex;
}

/** The requests of a plan in the order in which they are sent. */
export function planRequests({ uploads, create }: ComponentPlan): readonly RequestView[] {
  return [
    ...uploads.map(({ input, artifact }) => ({
      service: 's3',
      operation: 'PutObject',
      input: { ...input, Body: artifact.file },
    })),
    requestView('greengrassv2', create),
  ];
}

function uploadInput({ fileName, bytes, digest }: BuiltArtifact, bucket: string, folder: string): Upload['input'] {
  return {
    Bucket: bucket,
    Key: `${folder}/${fileName}`,
    ContentLength: bytes,
    ContentType: fileName.endsWith('.zip') ? 'application/zip' : 'application/octet-stream',
    // S3 refuses a body with another hash; the metadata is for stores that keep no checksums.
    ChecksumSHA256: digest.base64,
    Metadata: { sha256: digest.hex },
  };
}

/** gdk's placeholder URIs become the real ones, whatever stands before the file name. JSON keeps numbers numbers on nucleus lite. */
function withArtifactUris(document: Readonly<Record<string, unknown>>, folder: string): unknown {
  const replace = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(replace);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, isUri(key, entry) ? uri(entry) : replace(entry)]),
    );
  };
  const isUri = (key: string, entry: unknown): entry is string =>
    key.toLowerCase() === 'uri' && typeof entry === 'string' && entry.startsWith('s3://');
  const uri = (old: string): string => `${folder}/${old.slice(old.lastIndexOf('/') + 1)}`;
  return { ...document, Manifests: replace(document['Manifests']) };
}

/** No dots: with them the host name of the bucket does not match the certificate (Greengrass' old rule too). */
function checkBucket(bucket: string): void {
  if (/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket)) return;
  throw cloudErrors.error('publish.bucket', `"${bucket}" is not a name for a bucket of components`);
}
