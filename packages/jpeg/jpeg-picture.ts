import { growTo } from '#packages/kernels';

import { colorKernels } from './color-kernels.ts';
import type { ColorKernels } from './color-kernels.ts';

/**
 * A picture as JPEG stores it: brightness, and color at half the resolution (rounded up), BT.601, full range.
 * The planes lie one behind the other, every row a multiple of 32 bytes, and of an even number of pixels and rows: the last ones are
 * repeated where the picture ends before.
 */
export interface JpegPicture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  readonly luma: PicturePlane;
  /** U, the difference of blue. */
  readonly blue: PicturePlane;
  /** V, the difference of red. */
  readonly red: PicturePlane;
  /** The planes lie at the beginning of their memory. */
  readonly kernels: ColorKernels;
  /** Where the kernels have room for what else they need. */
  readonly room: { readonly at: number; readonly bytes: number };
}

export interface PicturePlane {
  readonly offset: number;
  readonly stride: number;
  readonly rows: number;
  /** Bytes of a row that are pixels. */
  readonly columns: number;
}

/** Alignment of rows. Vectors of the kernels end with the row, and libjpeg-turbo takes it as it is. */
export const ROW_ALIGNMENT = 32;

/** In memory of its own, all black. */
export function blankPicture(width: number, height: number): JpegPicture {
  const picture = pictureIn(colorKernels(), width, height);
  picture.data.fill(128, picture.blue.offset);
  return picture;
}

/** Kernels read and write whole vectors: this much lies free behind the picture, and behind the room. */
const SLACK_BYTES = 64;
/** For masks, in as many parts as it takes. */
const ROOM_BYTES = 65_536;

/** The picture that lies in the memory of the kernels, whatever it shows. Views of that memory from before are invalid. */
export function pictureIn(kernels: ColorKernels, width: number, height: number): JpegPicture {
  const { bytes, ...planes } = pictureLayout(width, height);
  const room = { at: bytes + SLACK_BYTES, bytes: Math.max(ROOM_BYTES, 4 * planes.luma.stride) };
  growTo(kernels.memory, room.at + room.bytes + SLACK_BYTES);
  return { width, height, data: new Uint8Array(kernels.memory.buffer, 0, bytes), ...planes, kernels, room };
}

function pictureLayout(
  width: number,
  height: number,
): Pick<JpegPicture, 'luma' | 'blue' | 'red'> & { readonly bytes: number } {
  const [columns, rows] = [even(width), even(height)];
  const luma = { offset: 0, stride: align(columns), rows, columns };
  const color = { stride: align(columns / 2), rows: rows / 2, columns: columns / 2 };
  const blue = { ...color, offset: luma.stride * rows };
  const red = { ...color, offset: blue.offset + color.stride * color.rows };
  return { luma, blue, red, bytes: red.offset + color.stride * color.rows };
}

function even(size: number): number {
  return size + (size & 1);
}

function align(bytes: number): number {
  return Math.ceil(bytes / ROW_ALIGNMENT) * ROW_ALIGNMENT;
}
