import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { isEdgeError } from '#packages/foundation';
import { joinHeartbeat, parseHeartbeat } from '#packages/heartbeat';
import type { HeartbeatMessage } from '#packages/heartbeat';
import { awsCall, awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import { inParallel } from '../in-parallel.ts';
import { allPages, collect } from '../pages.ts';
import { cloudErrors } from '../errors.ts';

/**
 * Where the last heartbeat of each device lies: `s3://<bucket>/<prefix>/<thing>/<part>.json`, one object for each message of
 * it, written by an IoT rule (infrastructure/fleet.yaml). Objects are replaced by the next heartbeat, so that the store has the
 * size of the fleet, and a report costs one request for a thousand names and one for each device.
 */
export interface HeartbeatPlace {
  readonly bucket: string;
  /** Without slashes at its ends; may be empty. */
  readonly prefix: string;
}

export interface ReceivedHeartbeat {
  readonly heartbeat: HeartbeatMessage;
  /** When its first part came to the cloud, milliseconds since the epoch: the device's clock is not asked. */
  readonly receivedAt: number;
}

const READ_AT_ONCE = 32;
const MAX_ASKED_ONE_BY_ONE = 50;

/** @throws EdgeError `fleet.heartbeat-store` */
export function heartbeatPlace(text: string): HeartbeatPlace {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text);
  if (!match) throw cloudErrors.error('fleet.heartbeat-store', `"${text}" is not of the form s3://bucket/prefix`);
  return { bucket: match[1] ?? '', prefix: (match[2] ?? '').replace(/^\/+|\/+$/g, '') };
}

/** Objects as they were read, by key: one that has not changed since is not read again. */
export type HeartbeatCache = Map<string, { readonly etag: string; readonly part: ReceivedHeartbeat | undefined }>;

/**
 * The last heartbeat of each device; of `things` only, if given. Objects that are not heartbeats are passed over.
 * @param cache of a caller that looks again and again
 */
export async function readHeartbeats(
  clients: CloudClients,
  place: HeartbeatPlace,
  signal: AbortSignal,
  things?: readonly string[],
  cache: HeartbeatCache = new Map(),
): Promise<ReadonlyMap<string, ReceivedHeartbeat>> {
  const root = place.prefix === '' ? '' : `${place.prefix}/`;
  const wanted = things && new Set(things);
  // Asking for some devices one by one beats listing a whole fleet; for many, a page of a thousand names beats that.
  const isFew = things !== undefined && things.length <= MAX_ASKED_ONE_BY_ONE;
  const lists = isFew ? things.map((thing) => `${root}${thing}/`) : [root];
  const listed = (
    await inParallel(lists, READ_AT_ONCE, (prefix) => objectsBelow(clients, place.bucket, prefix, signal))
  ).flat();
  const thingOf = (key: string): string => key.slice(root.length).split('/')[0] ?? '';
  const objects = listed.filter(({ key }) => !wanted || wanted.has(thingOf(key)));
  const parts = await inParallel(objects, READ_AT_ONCE, async ({ key, etag }) => {
    const known = cache.get(key);
    const part = known && known.etag === etag ? known.part : await readPart(clients, place.bucket, key, signal);
    if (etag !== undefined) cache.set(key, { etag, part });
    return part && { ...part, thing: thingOf(key) };
  });
  const found = new Map<string, ReceivedHeartbeat>();
  // The newest part last: parts of an older heartbeat that had more of them give way.
  for (const part of parts.filter((one) => one !== undefined).sort((a, b) => a.receivedAt - b.receivedAt)) {
    const known = found.get(part.thing);
    const joined = joinHeartbeat(known?.heartbeat, part.heartbeat);
    found.set(part.thing, { heartbeat: joined, receivedAt: part.receivedAt });
  }
  return found;
}

async function objectsBelow({ s3 }: CloudClients, Bucket: string, Prefix: string, signal: AbortSignal) {
  const listed = allPages(async (ContinuationToken) => {
    const command = new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken });
    const answer = await awsCall(`ListObjectsV2 s3://${Bucket}/${Prefix}`, s3.send(command, { abortSignal: signal }));
    return { items: answer.Contents, nextToken: answer.NextContinuationToken };
  });
  return (await collect(listed)).flatMap(({ Key = '', ETag }) =>
    Key.endsWith('.json') ? [{ key: Key, etag: ETag }] : [],
  );
}

async function readPart(
  { s3 }: CloudClients,
  Bucket: string,
  Key: string,
  signal: AbortSignal,
): Promise<ReceivedHeartbeat | undefined> {
  const command = new GetObjectCommand({ Bucket, Key });
  const found = await awsFind(`GetObject s3://${Bucket}/${Key}`, s3.send(command, { abortSignal: signal }));
  if (!found?.Body) return undefined;
  try {
    return {
      heartbeat: parseHeartbeat(await found.Body.transformToString()),
      receivedAt: found.LastModified?.getTime() ?? 0,
    };
  } catch (error) {
    if (isEdgeError(error)) return undefined;
    throw error;
  }
}
