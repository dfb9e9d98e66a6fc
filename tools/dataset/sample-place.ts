import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { GetObjectCommand, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { awsFailure } from '#packages/aws';
import { exists, filesBelow, messageOf, writeAtomically } from '#packages/foundation';
import { datasetErrors } from './errors.ts';

/** Where samples lie. */
export interface SamplePlace {
  /** For messages, e.g. `s3://samples/belt-7`. */
  readonly where: string;
  /** Every name below the place, with `/`, in any order. @throws EdgeError `dataset.place-unreadable` */
  names(signal: AbortSignal): Promise<readonly string[]>;
  /** @throws EdgeError `dataset.place-unreadable` */
  read(name: string, signal: AbortSignal): Promise<Buffer>;
  /** Address of a file for other programs; undefined for what lies on this machine. */
  uriOf(name: string): string | undefined;
}

/**
 * A folder, or `s3://bucket/prefix`.
 * @param s3 asked for the client only if the place is in a bucket
 * @param scratch folder in which pictures of a bucket stay, so that each is fetched once
 */
export async function openSamplePlace(
  place: string,
  s3: () => Promise<S3Client>,
  scratch: string,
): Promise<SamplePlace> {
  const [, bucket, prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(place) ?? [];
  if (bucket === undefined) return folderPlace(path.resolve(place));
  return bucketPlace(await s3(), bucket, prefix === '' ? '' : prefix.replace(/\/?$/, '/'), scratch);
}

function folderPlace(folder: string): SamplePlace {
  return {
    where: folder,
    async names() {
      const isFolder = await stat(folder).then(
        (found) => found.isDirectory(),
        () => false,
      );
      if (!isFolder) throw datasetErrors.error('dataset.place-unreadable', `"${folder}" is not a folder`);
      return filesBelow(folder);
    },
    read: (name, signal) =>
      buffer(createReadStream(path.join(folder, name), { signal })).catch((cause: unknown) => {
        signal.throwIfAborted();
        const message = `cannot read "${path.join(folder, name)}": ${messageOf(cause)}`;
        throw datasetErrors.error('dataset.place-unreadable', message, { cause });
      }),
    uriOf: () => undefined,
  };
}

function bucketPlace(client: S3Client, Bucket: string, Prefix: string, scratch: string): SamplePlace {
  const uriOf = (name: string): string => `s3://${Bucket}/${Prefix}${name}`;
  const failed = (what: string, signal: AbortSignal) => (cause: unknown) => {
    signal.throwIfAborted();
    const { code, reason } = awsFailure(cause);
    return datasetErrors.error('dataset.place-unreadable', `cannot read ${what}: ${code}: ${reason}`, { cause });
  };
  return {
    where: uriOf(''),
    async names(signal) {
      const names: string[] = [];
      try {
        for await (const { Contents = [] } of paginateListObjectsV2(
          { client },
          { Bucket, Prefix },
          { abortSignal: signal },
        ))
          names.push(...Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key.slice(Prefix.length)])));
      } catch (thrown) {
        throw failed(uriOf(''), signal)(thrown);
      }
      return names;
    },
    async read(name, signal) {
      const kept = path.join(scratch, createHash('sha256').update(name).digest('hex'));
      if (await exists(kept)) return readFile(kept);
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: `${Prefix}${name}` }), {
          abortSignal: signal,
        });
        const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
        if (!name.endsWith('.json')) await writeAtomically(kept, bytes, { fsync: 'none' });
        return bytes;
      } catch (thrown) {
        throw failed(uriOf(name), signal)(thrown);
      }
    },
    uriOf,
  };
}
