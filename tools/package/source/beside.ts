import { createWriteStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { messageOf } from '#packages/foundation';
import { packagingErrors } from '../errors.ts';
import { sourceFailure } from './source-failure.ts';

/** Files beside a model that say what the model itself does not. */
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
 * Pictures, `labels.txt` and `model.json` of a folder, or of `s3://bucket/prefix/`, whose files are downloaded into `target`. An empty
 * place in S3 is not an error: a model package may say everything by itself.
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
  const names =
    bucket === undefined
      ? await filesIn(folder)
      : await download(await s3(), bucket, prefix.replace(/\/?$/, prefix === '' ? '' : '/'), target, signal);
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

function isWanted(name: string): boolean {
  return PICTURE.test(name) || name === 'labels.txt' || name === 'model.json';
}

/** Names of the wanted files. */
async function filesIn(folder: string): Promise<readonly string[]> {
  const all = await readdir(folder).catch((cause: unknown) => {
    const message = `cannot read the folder ${folder}: ${messageOf(cause)}`;
    throw packagingErrors.error('packaging.beside', message, { cause });
  });
  const names = all.filter(isWanted);
  const sizes = await Promise.all(names.map(async (name) => (await stat(path.join(folder, name))).size));
  requireFew(folder, names.length, sizes);
  return names;
}

/** Names of the wanted files, which then lie in `target`. */
async function download(
  client: S3Client,
  Bucket: string,
  Prefix: string,
  target: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const place = `s3://${Bucket}/${Prefix}`;
  const failed = (thrown: unknown): never => {
    signal.throwIfAborted();
    throw sourceFailure(place, thrown);
  };
  const command = new ListObjectsV2Command({ Bucket, Prefix, Delimiter: '/', MaxKeys: MAX_FILES + 1 });
  const { Contents = [] } = await client.send(command, { abortSignal: signal }).catch(failed);
  const files = Contents.filter(({ Key = '' }) => isWanted(nameOf(Key)));
  // One more than the limit is all that was listed, whatever its name.
  requireFew(
    place,
    Contents.length,
    files.map(({ Size = 0 }) => Size),
  );
  for (const { Key = '' } of files) {
    const found = await client.send(new GetObjectCommand({ Bucket, Key }), { abortSignal: signal }).catch(failed);
    await pipeline(found.Body as Readable, createWriteStream(path.join(target, nameOf(Key))), { signal }).catch(failed);
  }
  return files.map(({ Key = '' }) => nameOf(Key));
}

/** @throws EdgeError `packaging.beside` */
function requireFew(place: string, files: number, sizes: readonly number[]): void {
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  if (files <= MAX_FILES && bytes <= MAX_BYTES) return;
  const found = files > MAX_FILES ? `more than ${MAX_FILES} files` : `${Math.ceil(bytes / 2 ** 20)} MB`;
  const message = `${place} holds ${found}; a few pictures are enough: ${MAX_FILES} files and ${MAX_BYTES / 2 ** 20} MB at most`;
  throw packagingErrors.error('packaging.beside', message);
}

function nameOf(key: string): string {
  return path.posix.basename(key);
}
