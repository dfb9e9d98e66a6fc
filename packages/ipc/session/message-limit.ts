import { ipcErrors } from '../errors.ts';

/** Headers, topic and envelope of a request or of the event that it becomes; measured at 230 bytes on nucleus lite, with some room. */
const ENVELOPE_BYTES = 300;

/**
 * Refuses what would not arrive. Nucleus lite accepts messages whose frame is just over 10,000 bytes, answers "published" and drops them,
 * and closes the connection over larger ones.
 *
 * @param encodedBytes JSON or base64 text of the payload
 * @throws EdgeError `ipc.message-too-large`
 */
export function checkFrame(topic: string, encodedBytes: number, maxFrameBytes: number): void {
  const frameBytes = encodedBytes + Buffer.byteLength(topic) + ENVELOPE_BYTES;
  if (frameBytes <= maxFrameBytes) return;
  throw ipcErrors.error(
    'ipc.message-too-large',
    `the message for ${topic} makes a frame of about ${frameBytes} bytes, ${maxFrameBytes} are allowed`,
    { facts: { topic, frameBytes, maxFrameBytes } },
  );
}

export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}
