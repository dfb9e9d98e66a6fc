import { createHash } from 'node:crypto';
import { objectStoreErrors } from './errors.ts';
import type { StoreFailureFacts } from './errors.ts';

/** Headers with which a store answers to a body that it keeps. */
export interface StoredAnswer {
  readonly ChecksumSHA256?: string | undefined;
  readonly ETag?: string | undefined;
}

/** Base64 of the SHA-256 of a body, as `x-amz-checksum-sha256` has it. */
export function sha256Of(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('base64');
}

/**
 * Checks that an answer comes from a store that has these bytes. A status of 200 proves nothing: a captive portal answers
 * every request so.
 *
 * Amazon S3 repeats the checksum that a request carries (S3 User Guide, "Checking object integrity"). Stores that know no
 * checksums give the MD5 of the body as the ETag.
 *
 * @throws EdgeError `store.foreign-answer`
 */
export function assertStored(answer: StoredAnswer, body: Uint8Array, sha256: string, where: string): void {
  const { ChecksumSHA256, ETag } = answer;
  if (ChecksumSHA256 === sha256) return;
  const md5 = createHash('md5').update(body).digest('hex');
  if (ChecksumSHA256 === undefined && ETag?.replaceAll('"', '') === md5) return;
  throw foreignAnswer(where, `the answer does not have the checksum of what was sent (${checksumWords(answer)})`, 200);
}

/**
 * Checks the answer to the completion of an upload in parts, each of which `assertStored` has checked.
 *
 * @param parts checksums of the parts, in order
 * @throws EdgeError `store.foreign-answer`
 */
export function assertCompleted(
  answer: StoredAnswer,
  parts: readonly { readonly ChecksumSHA256: string }[],
  where: string,
): void {
  const { ChecksumSHA256, ETag } = answer;
  // Amazon S3 User Guide, "Checksums of multipart uploads": the checksum of the checksums, and the number of parts.
  const digests = Buffer.concat(parts.map((part) => Buffer.from(part.ChecksumSHA256, 'base64')));
  const composite = `${sha256Of(digests)}-${parts.length}`;
  if (ChecksumSHA256 === composite) return;
  // Stores do not agree on this ETag. Any ETag is enough: the parts are proved, and a captive portal's page does not have one.
  if (ChecksumSHA256 === undefined && ETag !== undefined) return;
  throw foreignAnswer(where, `the answer does not complete the upload (${checksumWords(answer)})`, 200);
}

/** An answer that no store gives: something on the way answered in its place. */
export function foreignAnswer(where: string, reason: string, status: number, cause?: unknown): Error {
  const facts: StoreFailureFacts = { fault: 'moment', code: 'ForeignAnswer', reason, status, nothingSent: false };
  const message = `${where} failed: ${reason}: something between the device and the store answered in its place`;
  return objectStoreErrors.error('store.foreign-answer', message, { cause, facts });
}

function checksumWords({ ChecksumSHA256, ETag }: StoredAnswer): string {
  if (ChecksumSHA256 !== undefined) return `x-amz-checksum-sha256 is ${ChecksumSHA256}`;
  return ETag === undefined ? 'neither x-amz-checksum-sha256 nor ETag' : `ETag is ${ETag}`;
}
