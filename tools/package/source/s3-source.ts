import { createWriteStream } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import type { HeadObjectOutput, S3Client } from '@aws-sdk/client-s3';
import { awsFailure } from '#packages/aws';
import { isEdgeError } from '#packages/foundation';
import { packagingErrors } from '../errors.ts';
import { asModelName } from '../names.ts';
import { sourceFailure } from './source-failure.ts';
import type { FoundSource } from './source.ts';
import { unfold } from './unfold.ts';

export interface S3Address {
  readonly bucket: string;
  readonly key: string;
  readonly versionId?: string;
}

/**
 * An object in S3. It is looked at now and read later: what is read is the object that was looked at, by its ETag.
 * @throws EdgeError `package-source.*`
 */
export async function findS3(
  client: S3Client,
  address: S3Address,
  maxBytes: number,
  signal: AbortSignal,
): Promise<FoundSource> {
  const { bucket, key, versionId } = address;
  const uri = `s3://${bucket}/${key}`;
  const names = { Bucket: bucket, Key: key, ...(versionId === undefined ? {} : { VersionId: versionId }) };
  const head = await client.send(new HeadObjectCommand(names), { abortSignal: signal }).catch((thrown: unknown) => {
    signal.throwIfAborted();
    throw customerKey(uri, thrown) ?? sourceFailure(uri, thrown);
  });
  if (head.SSECustomerAlgorithm !== undefined) throw encryptedByCustomer(uri);
  if ((head.ContentLength ?? 0) > maxBytes) throw tooLarge(uri, maxBytes);
  const version = versionOf(head);
  const name = path.posix.basename(key);
  return {
    identity: { uri, ...version },
    suggestedName: asModelName(name.replace(/(\.tar\.gz|\.tgz|\.zip|\.onnx)$/i, '')),
    async fetch(target, abort) {
      const file = path.join(target, 'download');
      try {
        const found = await client.send(
          new GetObjectCommand({ ...names, ...(head.ETag === undefined ? {} : { IfMatch: head.ETag }) }),
          { abortSignal: abort },
        );
        await pipeline(found.Body as Readable, limited(uri, maxBytes), createWriteStream(file), { signal: abort });
      } catch (thrown) {
        abort.throwIfAborted();
        throw isEdgeError(thrown) ? thrown : sourceFailure(uri, thrown);
      }
      return unfold(file, name, path.join(target, 'content'), maxBytes, abort);
    },
  };
}

/** A null version means that the bucket keeps no versions. */
function versionOf({ ETag, VersionId }: HeadObjectOutput): { readonly etag?: string; readonly versionId?: string } {
  const etag = ETag?.replaceAll('"', '');
  return {
    ...(etag === undefined ? {} : { etag }),
    ...(VersionId === undefined || VersionId === 'null' ? {} : { versionId: VersionId }),
  };
}

/** S3 answers a HEAD without the customer's key with 400 and no body (S3 User Guide, "Using server-side encryption with customer-provided keys"). */
function customerKey(uri: string, thrown: unknown): Error | undefined {
  return awsFailure(thrown).status === 400 ? encryptedByCustomer(uri) : undefined;
}

function encryptedByCustomer(uri: string): Error {
  return packagingErrors.error('package-source.customer-key', `${uri} is encrypted with a customer's own key (SSE-C)`, {
    facts: { source: uri },
  });
}

function limited(uri: string, maxBytes: number): Transform {
  let left = maxBytes;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      left -= chunk.length;
      if (left < 0) done(tooLarge(uri, maxBytes));
      else done(null, chunk);
    },
  });
}

function tooLarge(uri: string, maxBytes: number) {
  return packagingErrors.error('package-source.too-large', `${uri} is over ${Math.round(maxBytes / 2 ** 20)} MB`, {
    facts: { source: uri, maxBytes },
  });
}
