import { createReadStream } from 'node:fs';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { isEdgeError, sleep } from '#packages/foundation';
import type { Clock } from '#packages/foundation';
import { awsCall, awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import type { Upload } from './publish-plan.ts';

const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 200;

/** Puts a file into the bucket unless the same bytes are there. Returns whether it sent them. */
export async function upload(
  { s3 }: CloudClients,
  { artifact, input }: Upload,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<boolean> {
  const place = `s3://${input.Bucket}/${input.Key}`;
  const head = new HeadObjectCommand({ Bucket: input.Bucket, Key: input.Key, ChecksumMode: 'ENABLED' });
  const found = await awsFind(`HeadObject ${place}`, s3.send(head, { abortSignal: signal }));
  const isSame =
    found?.ContentLength === artifact.bytes &&
    (found.ChecksumSHA256 === artifact.digest.base64 || found.Metadata?.['sha256'] === artifact.digest.hex);
  if (isSame) return false;
  for (let attempt = 1; ; attempt++) {
    // The SDK cannot wind a stream back, so that each try opens the file again.
    const command = new PutObjectCommand({ ...input, Body: createReadStream(artifact.file) });
    try {
      await awsCall(`PutObject ${place}`, s3.send(command, { abortSignal: signal }));
      return true;
    } catch (error) {
      if (attempt === ATTEMPTS || !isTransient(error)) throw error;
      await sleep(clock, FIRST_PAUSE_MS * 2 ** (attempt - 1), signal);
    }
  }
}

function isTransient(error: unknown): boolean {
  return isEdgeError(error) && ['cloud.throttled', 'cloud.unreachable', 'cloud.failed'].includes(error.code);
}
