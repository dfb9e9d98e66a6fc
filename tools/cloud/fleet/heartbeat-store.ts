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

/** @throws EdgeError `fleet.heartbeat-store` */
export function heartbeatPlace(text: string): HeartbeatPlace {
  const match = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(text);
  if (!match) throw cloudErrors.error('fleet.heartbeat-store', `"${text}" is not of the form s3://bucket/prefix`);
  return { bucket: match[1] ?? '', prefix: (match[2] ?? '').replace(/^\/+|\/+$/g, '') };
}

/** The last heartbeat of each device; of `things` only, where given. What is no heartbeat is passed over. */
export async function readHeartbeats(
  clients: CloudClients,
  place: HeartbeatPlace,
  signal: AbortSignal,
  things?: readonly string[],
): Promise<ReadonlyMap<string, ReceivedHeartbeat>> {
  const root = place.prefix === '' ? '' : `${place.prefix}/`;
  // Asking for some devices one by one beats listing a whole fleet.
  const lists = things === undefined ? [root] : things.map((thing) => `${root}${thing}/`);
  const keys = (
    await inParallel(lists, READ_AT_ONCE, (prefix) => keysBelow(clients, place.bucket, prefix, signal))
  ).flat();
  const parts = await inParallel(keys, READ_AT_ONCE, async (key) => {
    const part = await readPart(clients, place.bucket, key, signal);
    return part && { ...part, thing: key.slice(root.length).split('/')[0] ?? '' };
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

async function keysBelow({ s3 }: CloudClients, Bucket: string, Prefix: string, signal: AbortSignal) {
  const listed = allPages(async (ContinuationToken) => {
    const command = new ListObjectsV2Command({ Bucket, Prefix, ContinuationToken });
    const answer = await awsCall(`ListObjectsV2 s3://${Bucket}/${Prefix}`, s3.send(command, { abortSignal: signal }));
    return { items: answer.Contents, nextToken: answer.NextContinuationToken };
  });
  return (await collect(listed)).flatMap(({ Key }) => (Key?.endsWith('.json') ? [Key] : []));
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
