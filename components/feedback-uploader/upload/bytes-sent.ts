/** Request line, headers with session token and signature, and TLS around a body, rounded up. */
export const REQUEST_OVERHEAD_BYTES = 2_500;
/** The JSON beside a sample repeats values of the metadata, of which there are 2 kB, under names of its own: rounded up. */
const RECORD_MORE_BYTES = 2_500;

/** Bytes that a request with such a body sends. */
export function bytesSent(bodyBytes: number): number {
  return bodyBytes + REQUEST_OVERHEAD_BYTES;
}

/**
 * Bytes that an upload sends at most, before the JSON beside the sample is made.
 * @param headBytes of the sample's file, without its body
 */
export function mostBytesOf(headBytes: number, bodyBytes: number, withRecord: boolean): number {
  return bytesSent(bodyBytes) + (withRecord ? bytesSent(headBytes + RECORD_MORE_BYTES) : 0);
}
