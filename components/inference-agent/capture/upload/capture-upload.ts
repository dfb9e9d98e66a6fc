import type { FileBody } from '#packages/object-store';

export interface UploadObject {
  readonly bucket: string;
  readonly key: string;
  readonly body: Uint8Array | FileBody;
  readonly contentType: string;
}

export type NetworkStatus = 'OK' | 'NO_NETWORK_ACCESS';

/** The way to the bucket, as captures need it. */
export interface CaptureUpload {
  /**
   * Resolves when the object is stored. One that is there is replaced: repetitions bring the same content.
   *
   * @throws EdgeError `store.*` with `StoreFailureFacts`
   */
  uploadSampleData(object: UploadObject, signal: AbortSignal): Promise<void>;
  networkStatus(): Promise<NetworkStatus>;
}
