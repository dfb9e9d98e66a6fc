import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { messageOf } from '#packages/foundation';
import { packagingErrors } from '../errors.ts';
import { sourceFailure } from './source-failure.ts';

/** What lies beside a model that does not say all of it. */
export interface BesideFiles {
  /** Pictures to make golden cases of, in the order of their names. */
  readonly golden: readonly string[];
  readonly labels?: string;
  readonly manifest?: string;
}

/** Golden cases are for a look, not for a test set: devices run all of them whenever they load the model. */
const MAX_FILES = 40;
const MAX_BYTES = 200 * 2 ** 20;

/**
 * Pictures, `labels.txt` and `model.json` of a folder, or of `s3://bucket/prefix/`, of which the files come into `target`. A place
 * in S3 with nothing in it is no error: a model package may say all by itself.
 *
 * @throws EdgeError `packaging.beside`, `package-source.*`
 */
export async function besideFiles(
  place: string,
  s3: () => Promise<S3Client>,
  target: string,
  signal: AbortSignal,
): Promise<BesideFiles> {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(place) ?? [];
  const folder = bucket === undefined ? path.resolve(place) : target;
  if (bucket !== undefined)
    await download(await s3(), bucket, prefix.replace(/\/?$/, prefix === '' ? '' : '/'), target, signal);
  const names = await readdir(folder).catch((cause: unknown) => {
    throw packagingErrors.error('packaging.beside', `cannot read the folder ${place}: ${messageOf(cause)}`, { cause });
  });
  const at = (name: string): string => path.join(folder, name);
  return {
    golden: names
      .filter((name) => PICTURE.test(name))
      .sort()
      .map(at),
    ...(names.includes('labels.txt') ? { labels: at('labels.txt') } : {}),
    ...(names.includes('model.json') ? { manifest: at('model.json') } : {}),
  };
}

const PICTURE = /\.(jpe?g|png|webp|bmp)$/i;

async function download(
  client: S3Client,
  Bucket: string,
  Prefix: string,
  target: string,
  signal: AbortSignal,
): Promise<void> {
  const place = `s3://${Bucket}/${Prefix}`;
  const failed = (thrown: unknown): never => {
    signal.throwIfAborted();
    throw sourceFailure(place, thrown);
  };
  const command = new ListObjectsV2Command({ Bucket, Prefix, Delimiter: '/', MaxKeys: MAX_FILES + 1 });
  const { Contents = [] } = await client.send(command, { abortSignal: signal }).catch(failed);
  const files = Contents.filter(({ Key = '' }) => /^(labels\.txt|model\.json)$/.test(nameOf(Key)) || PICTURE.test(Key));
  const bytes = files.reduce((sum, { Size = 0 }) => sum + Size, 0);
  if (Contents.length > MAX_FILES || bytes > MAX_BYTES) {
    const found = Contents.length > MAX_FILES ? `more than ${MAX_FILES} files` : `${Math.round(bytes / 2 ** 20)} MB`;
    const message = `${place} holds ${found}; a few pictures are enough: ${MAX_FILES} files and ${MAX_BYTES / 2 ** 20} MB at most`;
    throw packagingErrors.error('packaging.beside', message);
  }
  for (const { Key = '' } of files) {
    const found = await client.send(new GetObjectCommand({ Bucket, Key }), { abortSignal: signal }).catch(failed);
    await pipeline(found.Body as Readable, createWriteStream(path.join(target, nameOf(Key))), { signal }).catch(failed);
  }
}

function nameOf(key: string): string {
  return path.posix.basename(key);
}
