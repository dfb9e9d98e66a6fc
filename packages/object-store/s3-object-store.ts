import type { ObjectStore } from './object-store.ts';
import type { S3Options } from './s3-client-store.ts';

/**
 * Amazon S3 and what speaks its protocol. Does not repeat requests that failed: waiting and counting are the caller's.
 *
 * The SDK is loaded with the first upload: until then it costs neither time nor memory, and many devices never upload.
 */
export function s3ObjectStore(options: S3Options): ObjectStore {
  let opened: Promise<ObjectStore> | undefined;
  const open = async (): Promise<ObjectStore> => {
    const { openS3Store } = await import('./s3-client-store.ts');
    return openS3Store(options);
  };
  return {
    put: async (object, signal) => (await (opened ??= open())).put(object, signal),
    close: () => void opened?.then((store) => store.close()),
  };
}
