/** Where samples and captured data go, as a port. */
export interface ObjectStore {
  /**
   * Resolves when the object is stored.
   *
   * @throws EdgeError `store.*` with `StoreFailureFacts`
   */
  put(object: PutObject, signal: AbortSignal): Promise<PutReceipt>;
  close(): void;
}

/** A file that is read while it is sent; it must not change before the answer. */
export interface FileBody {
  readonly file: string;
  readonly bytes: number;
}

export interface PutObject {
  readonly bucket: string;
  readonly key: string;
  /** A large one goes in parts, of which only one is in memory. */
  readonly body: Uint8Array | FileBody;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Leaves an object alone that is there already: an earlier attempt may have succeeded unheard. */
  readonly unlessExists?: boolean;
}

export interface PutReceipt {
  /** The object was there already. */
  readonly existed: boolean;
  /** The store's answer, in the words of the old connector's messages. */
  readonly response: S3Response;
}

/** Answer of PutObject as boto3 gives it, which the old connector passed on. */
export interface S3Response {
  readonly ResponseMetadata: {
    readonly HostId: string;
    readonly RetryAttempts: number;
    readonly HTTPStatusCode: number;
    readonly RequestId: string;
    readonly HTTPHeaders: Readonly<Record<string, string>>;
  };
  readonly ETag?: string;
  readonly Expiration?: string;
  readonly ServerSideEncryption?: string;
}
