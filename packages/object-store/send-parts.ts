import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { CompletedPart, CompleteMultipartUploadCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { metadataHeaders } from './metadata-header.ts';
import type { PutObject } from './object-store.ts';
import type { ObjectBody } from './open-body.ts';
import { assertCompleted, assertStored, foreignAnswer, sha256Of } from './store-proof.ts';

/** Amazon S3 User Guide, "Multipart upload limits": at least 5 MiB but for the last, at most 10,000 of them. */
const PART_BYTES = 8 * 1024 ** 2;
const MAX_PARTS = 10_000;
const ABORT_TIMEOUT_MS = 10_000;

/** Sends an object part by part. If that fails, the store is told to forget the parts. */
export async function sendParts(
  client: S3Client,
  object: PutObject,
  body: ObjectBody,
  isConditional: boolean,
  signal: AbortSignal,
): Promise<CompleteMultipartUploadCommandOutput> {
  const place = { Bucket: object.bucket, Key: object.key };
  const where = `upload to s3://${object.bucket}/${object.key}`;
  const created = await client.send(
    new CreateMultipartUploadCommand({
      ...place,
      ContentType: object.contentType,
      Metadata: metadataHeaders(object.metadata),
      ChecksumAlgorithm: 'SHA256',
    }),
    { abortSignal: signal },
  );
  if (created.UploadId === undefined) throw foreignAnswer(where, 'the answer does not name an upload', 200);
  const upload = { ...place, UploadId: created.UploadId };
  try {
    const partBytes = Math.max(PART_BYTES, Math.ceil(body.bytes / MAX_PARTS));
    const parts: (CompletedPart & { ChecksumSHA256: string })[] = [];
    for (let from = 0; from < body.bytes; from += partBytes) {
      const PartNumber = parts.length + 1;
      const Body = await body.read(from, Math.min(from + partBytes, body.bytes));
      const ChecksumSHA256 = sha256Of(Body);
      const part = { PartNumber, Body, ChecksumSHA256 };
      const sent = await client.send(new UploadPartCommand({ ...upload, ...part }), { abortSignal: signal });
      assertStored(sent, Body, ChecksumSHA256, `${where}, part ${PartNumber},`);
      parts.push({ PartNumber, ETag: sent.ETag, ChecksumSHA256 });
    }
    const completed = await client.send(
      new CompleteMultipartUploadCommand({
        ...upload,
        MultipartUpload: { Parts: parts },
        ...(isConditional ? { IfNoneMatch: '*' } : {}),
      }),
      { abortSignal: signal },
    );
    assertCompleted(completed, parts, where);
    return completed;
  } catch (thrown) {
    // Parts that nobody completes cost money until a lifecycle rule of the bucket removes them.
    const enough = AbortSignal.timeout(ABORT_TIMEOUT_MS);
    await client.send(new AbortMultipartUploadCommand(upload), { abortSignal: enough }).catch(() => undefined);
    throw thrown;
  }
}
