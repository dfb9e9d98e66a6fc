import { checkLayout } from './check-layout.ts';
import { frameErrors } from './errors.ts';
import { frameBytes } from './frame-layout.ts';
import type { FrameLayout, RawFrame } from './frame-layout.ts';
import { isFrameLayout } from './is-frame-layout.ts';

/** Content type of a request whose body is a frame itself. */
export const FRAME_BODY_TYPE = 'application/vnd.edgeml.frame';

/** The pixels of a frame body begin here: the magic, then the layout as JSON, padded by blanks. */
export const FRAME_BODY_HEADER = 512;
const MAGIC = Buffer.from('EDGEML-FRAME-1\n');

/** Writes the head of a frame body whose pixels begin at `FRAME_BODY_HEADER`. */
export function writeFrameBodyHeader(body: Buffer, layout: FrameLayout): void {
  const { width, height, format, strides, matrix, range } = layout;
  const text = JSON.stringify({ width, height, format, strides, matrix, range });
  body.fill(0x20, 0, FRAME_BODY_HEADER);
  MAGIC.copy(body);
  body.write(text, MAGIC.length, 'latin1');
}

/** Whether bytes begin as a frame body does. No picture format begins so. */
export function isFrameBody(bytes: Uint8Array): boolean {
  return bytes.length >= FRAME_BODY_HEADER && MAGIC.every((byte, at) => bytes[at] === byte);
}

/** The frame of a body; its pixels are not copied. @throws EdgeError `frames.reference-invalid` */
export function readFrameBody(body: Uint8Array): RawFrame {
  const layout = layoutOf(body);
  checkLayout(layout);
  const bytes = frameBytes(layout);
  if (body.length === FRAME_BODY_HEADER + bytes) return { ...layout, data: body.subarray(FRAME_BODY_HEADER) };
  const has = body.length - FRAME_BODY_HEADER;
  const message = `a ${layout.format} frame of ${layout.width}×${layout.height} has ${bytes} bytes, not ${has}`;
  throw frameErrors.error('frames.reference-invalid', message);
}

function layoutOf(body: Uint8Array): FrameLayout {
  const text = Buffer.from(body.buffer, body.byteOffset, FRAME_BODY_HEADER).toString('latin1', MAGIC.length);
  const { width, height, format, strides, matrix, range } = layoutIn(text);
  return { width, height, format, strides, matrix, range };
}

function layoutIn(text: string): FrameLayout {
  let cause: unknown;
  try {
    const value: unknown = JSON.parse(text);
    if (isFrameLayout(value)) return value;
  } catch (thrown) {
    cause = thrown;
  }
  throw frameErrors.error('frames.reference-invalid', 'the head of a frame body is not a layout', { cause });
}
