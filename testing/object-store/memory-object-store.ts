import { readFile } from 'node:fs/promises';
import { storeFailure } from '#packages/object-store';
import type { ObjectStore, PutObject, PutReceipt, StoreFailure } from '#packages/object-store';

export interface StoredObject {
  readonly body: Buffer;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Buckets in memory, with faults at will. */
export class MemoryObjectStore implements ObjectStore {
  /** Answers every request with this, or keeps it waiting until it is aborted. */
  fault: StoreFailure | 'hang' | undefined;
  /** Stores the object, then answers with the fault: the answer was lost on its way. */
  losesAnswers = false;
  readonly puts: PutObject[] = [];
  readonly #buckets: ReadonlyMap<string, Map<string, StoredObject>>;

  constructor(...buckets: readonly string[]) {
    this.#buckets = new Map(buckets.map((bucket) => [bucket, new Map<string, StoredObject>()]));
  }

  async put(object: PutObject, signal: AbortSignal): Promise<PutReceipt> {
    signal.throwIfAborted();
    this.puts.push(object);
    if (this.fault === 'hang') await aborted(signal);
    const bucket = this.#buckets.get(object.bucket);
    if (this.fault && this.fault !== 'hang' && !this.losesAnswers) throw this.#failure(object, this.fault);
    if (!bucket) throw this.#failure(object, NO_SUCH_BUCKET);
    const existed = object.unlessExists === true && bucket.has(object.key);
    const { contentType, metadata } = object;
    const body = object.body instanceof Uint8Array ? Buffer.from(object.body) : await readFile(object.body.file);
    if (!existed) bucket.set(object.key, { body, contentType, metadata });
    if (this.fault && this.fault !== 'hang') throw this.#failure(object, this.fault);
    return { existed, response: { ...RESPONSE, ...(existed ? {} : { ETag: `"${body.length}"` }) } };
  }

  object(bucket: string, key: string): StoredObject | undefined {
    return this.#buckets.get(bucket)?.get(key);
  }

  keys(bucket: string): readonly string[] {
    return [...(this.#buckets.get(bucket)?.keys() ?? [])];
  }

  close(): void {
    this.fault = undefined;
  }

  #failure({ bucket, key }: PutObject, fault: StoreFailure): Error {
    return storeFailure(fault, `upload to s3://${bucket}/${key}`);
  }
}

const NO_SUCH_BUCKET: StoreFailure = {
  code: 'NoSuchBucket',
  reason: 'The specified bucket does not exist',
  status: 404,
};
export const SLOW_DOWN: StoreFailure = { code: 'SlowDown', reason: 'Please reduce your request rate.', status: 503 };
export const ACCESS_DENIED: StoreFailure = { code: 'AccessDenied', reason: 'Access Denied', status: 403 };
export const DOWN: StoreFailure = { code: 'ECONNREFUSED', reason: 'connect ECONNREFUSED' };

const RESPONSE = {
  ResponseMetadata: {
    HostId: 'host',
    RetryAttempts: 0,
    HTTPStatusCode: 200,
    RequestId: 'request',
    HTTPHeaders: { server: 'memory' },
  },
};

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
