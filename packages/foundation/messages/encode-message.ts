import { MESSAGE_PREFIX_BYTES } from './message-reader.ts';

/** Up to here one copy into one buffer is cheaper than several writes. */
const ONE_WRITE_BYTES = 64 * 1024;

/**
 * A message as `MessageReader` reads it, to be written in this order.
 * @param head is sent as JSON; @param blobs are sent one after the other as they are; a large one must not change before it is sent
 */
export function encodeMessage(head: object, blobs: readonly Uint8Array[] = []): readonly Uint8Array[] {
  const text = JSON.stringify(head);
  const headBytes = Buffer.byteLength(text);
  let blobBytes = 0;
  for (const { byteLength } of blobs) blobBytes += byteLength;
  const isOne = headBytes + blobBytes <= ONE_WRITE_BYTES;
  const start = MESSAGE_PREFIX_BYTES + headBytes;
  const bytes = Buffer.allocUnsafe(isOne ? start + blobBytes : start);
  bytes.writeUInt32LE(headBytes, 0);
  bytes.writeUInt32LE(blobBytes, 4);
  bytes.write(text, MESSAGE_PREFIX_BYTES, 'utf8');
  if (!isOne) return [bytes, ...blobs];
  let at = start;
  for (const blob of blobs) {
    bytes.set(blob, at);
    at += blob.byteLength;
  }
  return [bytes];
}
