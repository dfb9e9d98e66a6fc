import { agentErrors } from '../errors.ts';
import type { Bitmap } from './messages.ts';

/** Sides that the old agent took, pixels. */
const [LEAST_SIDE, MOST_SIDE] = [64, 4_096] as const;
const CHANNELS = 3;

/** @throws EdgeError `lookout.bitmap-invalid` */
export function bytesOf({ width, height }: Pick<Bitmap, 'width' | 'height'>): number {
  for (const side of [width, height]) {
    if (side < LEAST_SIDE || side > MOST_SIDE) {
      const message = `the bitmap is ${width} × ${height}; its sides must be ${LEAST_SIDE} to ${MOST_SIDE} pixels`;
      throw agentErrors.error('lookout.bitmap-invalid', message);
    }
  }
  return width * height * CHANNELS;
}

/**
 * Bytes of a row as the client sent them. GStreamer pads rows of RGB to four bytes, and its element for the old agent sends whole buffers.
 * @param bytes of the whole bitmap
 */
export function rowBytesOf({ width, height }: Pick<Bitmap, 'width' | 'height'>, bytes: number): number {
  const packed = width * CHANNELS;
  const padded = Math.ceil(packed / ROW_ALIGNMENT) * ROW_ALIGNMENT;
  return bytes === padded * height ? padded : packed;
}

const ROW_ALIGNMENT = 4;

/** Moves padded rows together, in place. */
export function packRows(
  pixels: Uint8Array,
  { width, height }: Pick<Bitmap, 'width' | 'height'>,
  rowBytes: number,
): void {
  const packed = width * CHANNELS;
  if (rowBytes === packed) return;
  for (let row = 1; row < height; row++) pixels.copyWithin(row * packed, row * rowBytes, row * rowBytes + packed);
}

/** Where the pixels begin in the picture. */
export const HEADER_BYTES = 128;

/**
 * Makes the picture of pixels that lie in it already, from `HEADER_BYTES` on: an npy array, which holds BGR as OpenCV has it.
 * Source: NumPy, doc/source/reference/generated/numpy.lib.format, version 1.0.
 */
export function finishPicture(picture: Uint8Array, { width, height }: Pick<Bitmap, 'width' | 'height'>): void {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${height}, ${width}, ${CHANNELS}), }`;
  const prefix = [0x93, ...Buffer.from('NUMPY'), 1, 0, HEADER_BYTES - 10, 0];
  picture.set(prefix);
  picture.set(Buffer.from(`${text.padEnd(HEADER_BYTES - prefix.length - 1)}\n`), prefix.length);
  for (let at = HEADER_BYTES; at + 2 < picture.length; at += CHANNELS) {
    const red = picture[at] as number;
    picture[at] = picture[at + 2] as number;
    picture[at + 2] = red;
  }
}
