import { PassThrough } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { fromRandomAccessReaderPromise, RandomAccessReader } from 'yauzl';
import { isEdgeError } from '#packages/foundation';
import { awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';

/** The room that an artifact takes on a device. */
export interface ArtifactSize {
  readonly bytes: number;
  /** Files of the zip together; 0 for an artifact that stays as it is. */
  readonly unpackedBytes: number;
  /** The largest ONNX file in it; 0 without any. */
  readonly largestModelBytes: number;
}

/** A zip's table of contents lies at its end; that of a model package takes some kilobytes. */
const TAIL_BYTES = 1_048_576;

/**
 * Reads the end of an artifact, in one request, however large it is. Undefined for what is not in S3, does not exist, or cannot be read as
 * what the recipe calls it.
 */
export async function artifactSize(
  { s3 }: Pick<CloudClients, 's3'>,
  { uri, unarchive }: { readonly uri: string; readonly unarchive: 'NONE' | 'ZIP' },
  signal: AbortSignal,
): Promise<ArtifactSize | undefined> {
  const [, Bucket, Key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(uri) ?? [];
  if (Bucket === undefined || Key === undefined) return undefined;
  const command = new GetObjectCommand({ Bucket, Key, Range: `bytes=-${TAIL_BYTES}` });
  const found = await awsFind(`GetObject ${uri}`, s3.send(command, { abortSignal: signal })).catch(unlessUnreadable);
  if (!found?.Body) return undefined;
  const tail = Buffer.from(await found.Body.transformToByteArray());
  const bytes = Number(/\/(\d+)$/.exec(found.ContentRange ?? '')?.[1] ?? tail.length);
  if (unarchive === 'NONE') return { bytes, unpackedBytes: 0, largestModelBytes: 0 };
  try {
    return { bytes, ...(await contentsOf(tail, bytes)) };
  } catch {
    return undefined;
  }
}

/** An artifact in a bucket of somebody else, or an empty one, is not a reason to end a promotion. */
function unlessUnreadable(error: unknown): undefined {
  if (isEdgeError(error) && ['cloud.access-denied', 'cloud.invalid-request', 'cloud.failed'].includes(error.code))
    return undefined;
  throw error;
}

async function contentsOf(tail: Buffer, bytes: number): Promise<Omit<ArtifactSize, 'bytes'>> {
  const zip = await fromRandomAccessReaderPromise(new TailReader(tail, bytes), bytes, { lazyEntries: true });
  let [unpackedBytes, largestModelBytes] = [0, 0];
  for await (const { fileName, uncompressedSize } of zip.eachEntry()) {
    unpackedBytes += uncompressedSize;
    if (fileName.endsWith('.onnx')) largestModelBytes = Math.max(largestModelBytes, uncompressedSize);
  }
  return { unpackedBytes, largestModelBytes };
}

/** The last bytes of a file as if they were the whole. */
class TailReader extends RandomAccessReader {
  readonly #tail: Buffer;
  readonly #offset: number;

  constructor(tail: Buffer, bytes: number) {
    super();
    this.#tail = tail;
    this.#offset = bytes - tail.length;
  }

  override _readStreamForRange(start: number, end: number): PassThrough {
    const stream = new PassThrough();
    if (start < this.#offset) stream.destroy(new Error('the table of contents begins before what was read'));
    else stream.end(this.#tail.subarray(start - this.#offset, end - this.#offset));
    return stream;
  }
}
