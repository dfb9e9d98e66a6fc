import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { awsCall, awsFind } from '../aws-call.ts';
import type { CloudClients } from '../clients.ts';
import type { Upload } from './publish-plan.ts';

/** Where statements about an artifact lie: beside it. */
export function attestationKey({ input }: Pick<Upload, 'input'>): string {
  return `${input.Key}.intoto.jsonl`;
}

/**
 * Puts statements beside the artifact that they are about. False if other bytes lie there, e.g. of a package that was signed again: they
 * were not made here, so that nothing can be said of them.
 */
export async function putAttestation(
  { s3 }: CloudClients,
  { artifact, input: { Bucket, Key: artifactKey } }: Upload,
  text: string,
  signal: AbortSignal,
): Promise<boolean> {
  const Key = attestationKey({ input: { Bucket, Key: artifactKey } });
  const head = new HeadObjectCommand({ Bucket, Key: artifactKey });
  const what = `HeadObject s3://${Bucket}/${artifactKey}`;
  const there = await awsFind(what, s3.send(head, { abortSignal: signal }));
  if (there?.Metadata?.['sha256'] !== artifact.digest.hex) return false;
  const command = new PutObjectCommand({ Bucket, Key, Body: text, ContentType: 'application/x-ndjson' });
  await awsCall(`PutObject s3://${Bucket}/${Key}`, s3.send(command, { abortSignal: signal }));
  return true;
}
