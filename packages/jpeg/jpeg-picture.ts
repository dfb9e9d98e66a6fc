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
  const layout = pictureLayout(width, height);
  const data = new Uint8Array(layout.bytes).fill(128, layout.blue.offset);
  return { width, height, data, ...layout };
}

export function pictureLayout(
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
