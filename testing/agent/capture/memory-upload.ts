import { readFile } from 'node:fs/promises';
import type { EdgeError } from '#packages/foundation';
import { storeFailure } from '#packages/object-store';
import type { StoreFailure } from '#packages/object-store';
import type {
  CaptureUpload,
  NetworkStatus,
  UploadObject,
} from '../../../components/inference-agent/capture/upload/capture-upload.ts';

/** Buckets in memory, with faults at will. */
export class MemoryUpload implements CaptureUpload {
  network: NetworkStatus = 'OK';
  /** Answers every upload with this. */
  fault: StoreFailure | undefined;
  /** Keeps every upload waiting until it is aborted or this is unset and `release` called. */
  holds = false;
  attempts = 0;
  readonly objects = new Map<string, Buffer>();
  #held: (() => void)[] = [];

  async uploadSampleData({ bucket, key, body }: UploadObject, signal: AbortSignal): Promise<void> {
    this.attempts++;
    signal.throwIfAborted();
    if (this.holds) {
      await new Promise<void>((resolve, reject) => {
        this.#held.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      });
    }
    if (this.fault) throw this.#failure(key, this.fault);
    this.objects.set(`${bucket}/${key}`, body instanceof Uint8Array ? Buffer.from(body) : await readFile(body.file));
  }

  networkStatus(): Promise<NetworkStatus> {
    return Promise.resolve(this.network);
  }

  release(): void {
    this.holds = false;
    for (const go of this.#held.splice(0)) go();
  }

  #failure(key: string, fault: StoreFailure): EdgeError {
    return storeFailure(fault, `upload to ${key}`);
  }
}
