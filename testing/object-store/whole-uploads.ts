import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/** As much of s3rver's lib/stores/filesystem.js as uploads need. */
interface Store {
  getResourcePath(bucket: string, key: string | undefined, resource: string): string;
  putMetadata(bucket: string, key: string, metadata: object, md5: string): Promise<void>;
  putObject(object: Upload): Promise<Written>;
  putPart(bucket: string, uploadId: string, part: number, content: Readable): Promise<Written>;
}

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly metadata: object;
  readonly content: Buffer | Readable;
}

interface Written {
  readonly size: number;
  readonly md5: string;
}

/**
 * s3rver answers an upload when it has read it, before the bytes are in the file: a read right after it finds less, and a
 * multipart upload stays short for good. Here an upload is answered once it is there, and it is there as a whole, as in S3.
 */
export function keepWholeUploads(server: object, writing: string): void {
  const { store } = server as { readonly store: Store };
  let count = 0;
  const place = async (bytes: Buffer, file: string): Promise<void> => {
    const whole = path.join(writing, String(++count));
    await writeFile(whole, bytes);
    await mkdir(path.dirname(file), { recursive: true });
    await rename(whole, file);
  };

  store.putObject = async ({ bucket, key, metadata, content }) => {
    const { bytes, written } = await read(content);
    const file = store.getResourcePath(bucket, key, 'object');
    await mkdir(path.dirname(file), { recursive: true });
    await store.putMetadata(bucket, key, metadata, written.md5);
    await place(bytes, file);
    return written;
  };
  store.putPart = async (bucket, uploadId, part, content) => {
    const { bytes, written } = await read(content);
    const file = path.join(store.getResourcePath(bucket, undefined, 'uploads'), uploadId, String(part));
    await place(bytes, file);
    await writeFile(`${file}.md5`, written.md5);
    return written;
  };
}

async function read(content: Buffer | Readable): Promise<{ readonly bytes: Buffer; readonly written: Written }> {
  const bytes = Buffer.isBuffer(content) ? content : await buffer(content);
  return { bytes, written: { size: bytes.length, md5: createHash('md5').update(bytes).digest('hex') } };
}
