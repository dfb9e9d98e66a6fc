import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { PutObjectCommandOutput, S3ClientConfig } from '@aws-sdk/client-s3';
import { awsFailure } from '#packages/aws';
import type { AwsFailure } from '#packages/aws';
import { isEdgeError } from '#packages/foundation';
import type { CredentialSource } from './kept-credentials.ts';
import { metadataHeaders } from './metadata-header.ts';
import { openBody } from './open-body.ts';
import type { ObjectBody } from './open-body.ts';
import type { ObjectStore, PutObject, PutReceipt, S3Response } from './object-store.ts';
import { sendParts } from './send-parts.ts';
import { failureFacts, storeFailure } from './store-failure.ts';
import { assertStored, foreignAnswer, sha256Of } from './store-proof.ts';

export interface S3Options {
  /** Region in which buckets are looked for first; the store's answer tells the real one. */
  readonly region: string;
  /** URL of another S3-compatible store. Default: Amazon S3. */
  readonly endpoint?: string;
  readonly forcePathStyle?: boolean;
  readonly credentials: CredentialSource;
  /** How far the device's clock is believed to be off; learned from the store's answers. Default 0. */
  readonly clockOffsetMs?: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Silence on a connection that carries a request. The whole upload is bounded by the caller's signal. */
const SILENCE_TIMEOUT_MS = 60_000;
const MAX_CONNECTIONS = 4;

/** `s3ObjectStore` with the SDK loaded. */
export function openS3Store(options: S3Options): ObjectStore {
  const clients = new Map<string, S3Client>();
  const regionOfBucket = new Map<string, string>();
  let knowsConditions = true;

  const clientFor = (region: string): S3Client => {
    const client = clients.get(region) ?? new S3Client(clientConfig(options, region));
    clients.set(region, client);
    return client;
  };

  const attempt = async (object: PutObject, signal: AbortSignal): Promise<PutReceipt> => {
    signal.throwIfAborted();
    const region = regionOfBucket.get(object.bucket) ?? options.region;
    const isConditional = knowsConditions && object.unlessExists === true;
    try {
      return await send(clientFor(region), object, isConditional, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      const failure = awsFailure(thrown);
      if (isForeign(thrown, failure)) throw toForeign(failure, object, thrown);
      if (isConditional && failure.status === 412) return { existed: true, response: responseOf(NOTHING, {}, 412) };
      if (isConditional && failure.status === 501) {
        knowsConditions = false;
        return attempt(object, signal);
      }
      if (failure.bucketRegion !== undefined && failure.bucketRegion !== region && !regionOfBucket.has(object.bucket)) {
        regionOfBucket.set(object.bucket, failure.bucketRegion);
        return attempt(object, signal);
      }
      throw toError(thrown, failure, object);
    }
  };

  return {
    async put(object, signal) {
      try {
        return await attempt(object, signal);
      } catch (thrown) {
        if (failureFacts(thrown).fault === 'credentials') options.credentials.invalidate();
        throw thrown;
      }
    },
    close: () => {
      for (const client of clients.values()) client.destroy();
    },
  };
}

async function send(
  client: S3Client,
  object: PutObject,
  isConditional: boolean,
  signal: AbortSignal,
): Promise<PutReceipt> {
  const body = await openBody(object.body);
  try {
    if (body.bytes <= SINGLE_REQUEST_BYTES) return await sendWhole(client, object, body, isConditional, signal);
    const output = await sendParts(client, object, body, isConditional, signal);
    return { existed: false, response: responseOf(output, {}, 200) };
  } finally {
    await body.close();
  }
}

/** Larger objects go in parts: what a slow link loses is one part, and memory holds no more. */
const SINGLE_REQUEST_BYTES = 16 * 1024 ** 2;

async function sendWhole(
  client: S3Client,
  object: PutObject,
  body: ObjectBody,
  isConditional: boolean,
  signal: AbortSignal,
): Promise<PutReceipt> {
  const bytes = await body.read(0, body.bytes);
  const sha256 = sha256Of(bytes);
  const command = new PutObjectCommand({
    Bucket: object.bucket,
    Key: object.key,
    Body: bytes,
    ChecksumSHA256: sha256,
    ContentType: object.contentType,
    Metadata: metadataHeaders(object.metadata),
    ...(isConditional ? { IfNoneMatch: '*' } : {}),
  });
  let headers: Record<string, string> = {};
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      headers = (result.response as { headers?: Record<string, string> }).headers ?? {};
      return result;
    },
    { step: 'deserialize', name: 'keepHeaders', priority: 'low' },
  );
  const output = await client.send(command, { abortSignal: signal });
  assertStored(output, bytes, sha256, uploadOf(object));
  return { existed: false, response: responseOf(output, headers, 200) };
}

function clientConfig({ credentials, ...options }: S3Options, region: string): S3ClientConfig {
  return {
    region,
    ...(options.endpoint ? { endpoint: options.endpoint } : {}),
    forcePathStyle: options.forcePathStyle ?? false,
    // To the SDK they are always at their end, so that it asks the source, which keeps them, for every request.
    credentials: async () => ({ ...(await credentials.get()), expiration: new Date(0) }),
    maxAttempts: 1,
    systemClockOffset: options.clockOffsetMs ?? 0,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: SILENCE_TIMEOUT_MS,
      httpAgent: { keepAlive: true, maxSockets: MAX_CONNECTIONS },
      httpsAgent: { keepAlive: true, maxSockets: MAX_CONNECTIONS },
    },
  };
}

/** The common part of the answers to a whole object and to the last part. */
type StoredOutput = Pick<PutObjectCommandOutput, '$metadata' | 'ETag' | 'Expiration' | 'ServerSideEncryption'>;

const NOTHING: StoredOutput = { $metadata: {} };

function responseOf(output: StoredOutput, headers: Record<string, string>, status: number): S3Response {
  const { ETag, Expiration, ServerSideEncryption, $metadata } = output;
  return {
    ResponseMetadata: {
      HostId: headers['x-amz-id-2'] ?? '',
      RetryAttempts: 0,
      HTTPStatusCode: $metadata.httpStatusCode ?? status,
      RequestId: headers['x-amz-request-id'] ?? '',
      HTTPHeaders: headers,
    },
    ...(ETag === undefined ? {} : { ETag }),
    ...(Expiration === undefined ? {} : { Expiration }),
    ...(ServerSideEncryption === undefined ? {} : { ServerSideEncryption }),
  };
}

function toError(thrown: unknown, failure: AwsFailure, object: PutObject): Error {
  return isEdgeError(thrown) ? thrown : storeFailure(failure, uploadOf(object), thrown);
}

/**
 * Whether a refusal does not come from a store, which names its code in XML (Amazon S3 API Reference, "Error responses").
 * A server's own fault passes, whichever server has it, and a header alone may tell the region of a bucket.
 */
function isForeign(thrown: unknown, { status, bucketRegion }: AwsFailure): boolean {
  if (isEdgeError(thrown) || status === undefined || status >= 500 || bucketRegion !== undefined) return false;
  return (thrown as { Code?: string }).Code === undefined;
}

function toForeign({ status = 0 }: AwsFailure, object: PutObject, cause: unknown): Error {
  return foreignAnswer(uploadOf(object), `HTTP ${status} without an error code of a store`, status, cause);
}

function uploadOf({ bucket, key }: PutObject): string {
  return `upload to s3://${bucket}/${key}`;
}
